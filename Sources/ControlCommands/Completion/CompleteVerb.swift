internal import CommandLineTool
internal import JobStore

/// `jobctl complete SHELL WORD…`, where the last word is unfinished. It is hidden: only the scripts of
/// `jobctl completion` use it.
enum CompleteVerb: ControlVerb {
    static let command = Command("complete", "answer a completion script", operands: "SHELL WORD…")

    /// Takes the words as they are: options in the line are not options of this verb.
    static func run(_ words: [String], _ environment: [String: String], _ screen: Screen) throws -> ExitCode {
        let shell = try Shell(named: words.first ?? "")
        var line = Array(words.dropFirst())
        var openQuote: Character?
        if shell == .bash {
            let read = ShellLine.read(line.first ?? "")
            (line, openQuote) = (Array(read.words.dropFirst()), read.openQuote)
        }
        let unfinished = line.popLast() ?? ""
        var completer = Completer(environment: environment)
        switch completer.candidates(for: unfinished, after: line) {
        case .files: try screen.write(":files\n")
        case .filesOfValue: try screen.write(":files=\n")
        case .directories: try screen.write(":directories\n")
        case .words(let words):
            let fitting = words.filter {
                $0.text.hasPrefix(unfinished) && SafeText.escape($0.text) == $0.text
            }
            for (text, meaning) in fitting.prefix(500) {
                if let answer = answer(text, meaning, unfinished, shell, openQuote) {
                    try screen.write(answer + "\n")
                }
            }
        }
        return .success
    }

    static func run(_ session: Session) throws -> ExitCode { .success }

    private static func answer(
        _ text: String, _ meaning: String, _ unfinished: String, _ shell: Shell, _ openQuote: Character?
    ) -> String? {
        guard shell == .bash else { return meaning.isEmpty ? text : "\(text)\t\(SafeText.escape(meaning))" }
        // Inside a quote, bash does not break words.
        if let openQuote { return ShellLine.quoted(text, inside: openQuote) }
        // Elsewhere the answer replaces only what follows the last = or :.
        let kept = unfinished.lastIndex { "=:".contains($0) }.map { unfinished[...$0].count } ?? 0
        return ShellLine.quoted(String(text.dropFirst(kept)))
    }
}
