internal import Catalogue
internal import CommandLineTool
internal import JSON

/// The command line that enqueues the same job again, without needing the database.
///
/// It is copied from a page and pasted into a terminal, so it must not contain control characters: whatever
/// is not plain text is written as JSON, with escapes.
struct EnqueueCommand {
    /// One reader for each schema that may be known where the command is run, and one for no schema.
    private let readers: [ArgumentReader]

    init(schemas: [Schema]) { readers = (schemas + [nil]).map(ArgumentReader.init) }

    /// - Parameter validates: whether the job's input was checked against its model's schema.
    func text(model: String, input: JSON, validates: Bool) -> String {
        let members = input.object?.members ?? []
        let words = members.map(word)
        let begin = ["jobctl", "enqueue"] + (validates ? [] : ["--no-validate"])
        let isDashed = ([model] + words).contains { $0.hasPrefix("-") }
        let operands = (isDashed ? ["--"] : []) + [model]
        let isPlain = words.allSatisfy { $0.utf8.count < 100_000 && SafeText.escape($0) == $0 }
        if isPlain, means(words, input) {
            return (begin + operands + words).map(ShellLine.literal).joined(separator: " ")
        }
        // For keys that cannot be written on a command line, and for texts that are too long.
        let command = begin + ["--input", "-"] + operands
        return "printf %s \(ShellLine.literal(Self.text(of: input))) | "
            + command.map(ShellLine.literal).joined(separator: " ")
    }

    private func word(of member: JSONObject.Member) -> String {
        // A text that begins with @ would be taken for the name of a file.
        if case .string(let text) = member.value, !text.utf8.contains(UInt8(ascii: "\\")),
            text.utf8.first != UInt8(ascii: "@"),
            SafeText.escape(text) == text,
            means(["\(member.key)=\(text)"], .object(JSONObject([member])))
        {
            return "\(member.key)=\(text)"
        }
        return "\(member.key):=\(Self.text(of: member.value))"
    }

    /// Whether every reader takes the words for this input.
    private func means(_ words: [String], _ input: JSON) -> Bool {
        let meant = input.text
        return readers.allSatisfy { reader in
            let read = try? reader.read(words)
            return read.map { JSON.object($0).text.utf8.elementsEqual(meant.utf8) } ?? false
        }
    }

    /// JSON without two backslashes in a row: one of the shells reads them as one, even in quotes.
    private static func text(of value: JSON) -> String {
        let scalars = SafeText.escapeJSON(value.text).unicodeScalars
        return String(scalars.replacing("\\\\".unicodeScalars, with: "\\u005c".unicodeScalars))
    }
}
