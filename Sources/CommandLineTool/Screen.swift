internal import Glibc
internal import System

/// A way of showing text that carries a meaning.
package enum Style: String, Sendable {
    case bold = "1"
    case dim = "2"
    case good = "32"
    case warning = "33"
    case bad = "31"
    case active = "36"
    case selected = "7"
}

/// Where the program writes: data to standard output, talk to standard error. Used by one thread.
package final class Screen {
    package let isTerminal: Bool
    package let talkIsTerminal: Bool
    package let width: Int
    private let hasColour: Bool
    private var buffer: [UInt8] = []

    package init(environment: [String: String]) {
        isTerminal = isatty(STDOUT_FILENO) == 1
        talkIsTerminal = isatty(STDERR_FILENO) == 1
        let isPlain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false || environment["TERM"] == "dumb"
        hasColour = isTerminal && !isPlain
        width = Self.width(environment)
    }

    private static func width(_ environment: [String: String]) -> Int {
        if let columns = environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 { return max(20, columns) }
        var size = winsize()
        for terminal in [STDOUT_FILENO, STDERR_FILENO]
        where unsafe ioctl(terminal, UInt(TIOCGWINSZ), &size) == 0 {
            if size.ws_col > 0 { return max(20, Int(size.ws_col)) }
        }
        return 80
    }

    package func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Writes data, which reaches the reader at the latest with `flush`.
    package func write(_ text: String) throws(Failure) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count > 1 << 16 { try flush() }
    }

    package func write(_ table: Table) throws(Failure) {
        if table.isEmpty { return }
        try write(isTerminal ? table.aligned(self) : table.tabSeparated)
    }

    package func flush() throws(Failure) {
        defer { buffer.removeAll(keepingCapacity: true) }
        try Self.write(buffer, to: .standardOutput)
    }

    /// Says something to the person, on a line of its own. What it says must be harmless already.
    package func say(_ text: String) {
        try? flush()
        try? Self.write(Array((text + "\n").utf8), to: .standardError)
    }

    /// Says why the program ends. Every piece is harmless already; one that was forgotten becomes so here.
    ///
    /// - Parameter keepingNewlines: false where a text from outside must not become a line of its own.
    package func report(_ failure: Failure, by program: String, keepingNewlines: Bool = true) {
        say(SafeText.escape("\(program): \(failure.message)", keepingNewlines: keepingNewlines))
        if let hint = failure.hint {
            say(SafeText.escape("hint: \(hint)", keepingNewlines: keepingNewlines))
        }
    }

    /// Shows `text` in the place of what was shown before, on a line that is not part of the talk.
    package func show(progress text: String) {
        guard talkIsTerminal else { return }
        let line = "\r\u{1B}[K" + DisplayWidth.cut(text, to: width - 1)
        try? Self.write(Array(line.utf8), to: .standardError)
    }

    /// Writes to the person's terminal as it is, which must be one.
    func show(raw text: String) { try? Self.write(Array(text.utf8), to: .standardError) }

    private static func write(_ bytes: [UInt8], to file: FileDescriptor) throws(Failure) {
        do throws(SystemError) { try file.write(bytes) } catch {
            throw Failure(.inputOutput, "cannot write the output: \(error)")
        }
    }

    /// Whether there is somebody who sees a question, and can answer it.
    package var canAsk: Bool { isatty(STDIN_FILENO) == 1 && talkIsTerminal }

    /// Asks a question that is answered with yes or no; without a terminal the answer is nil.
    package func confirm(_ question: String) -> Bool? {
        guard canAsk else { return nil }
        try? flush()
        try? Self.write(Array((question + " [y/N] ").utf8), to: .standardError)
        let answer = readLine(strippingNewline: true)?.lowercased()
        return answer == "y" || answer == "yes"
    }
}
