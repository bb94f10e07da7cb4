internal import Glibc
internal import System

/// How text is shown, as a code for the terminal.
package enum Style: String, Sendable {
    case bold = "1"
    case dim = "2"
    case good = "32"
    case warning = "33"
    case bad = "31"
    case active = "36"
    case selected = "7"
}

/// How much fits on a terminal.
package struct TerminalSize: Equatable, Sendable {
    package var columns: Int
    package var rows: Int

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// The size that the terminal reports; nil if it reports none.
    init?(_ file: Int32) {
        var size = winsize()
        guard unsafe ioctl(file, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        self.init(columns: Int(size.ws_col), rows: size.ws_row > 0 ? Int(size.ws_row) : 24)
    }

    /// The size that the terminal reports, else 80x24.
    static func of(_ file: Int32) -> TerminalSize {
        TerminalSize(file) ?? TerminalSize(columns: 80, rows: 24)
    }
}

/// What is written and said in place of a screen, for a verb that another program has asked for.
package final class ScreenRecord {
    package fileprivate(set) var output: [UInt8] = []
    package fileprivate(set) var messages: [String] = []

    package init() {}
}

/// Where a program writes: data to standard output, messages to standard error. Only one thread uses it.
package final class Screen {
    /// Names the standard streams that are terminals on the machine from which the command came.
    package static let terminalsVariable = "JOBCTL_TERMINALS"

    package let isTerminal: Bool
    package let standardErrorIsTerminal: Bool
    /// Whether somebody can see a question and answer it.
    package let canAsk: Bool
    package let width: Int
    private let hasColour: Bool
    private var buffer: [UInt8] = []
    private var pager: Pager?
    /// What is said while a pager has the terminal.
    private var laterMessages: [(text: String, wraps: Bool)] = []
    private let record: ScreenRecord?

    /// A screen that nobody sees, and that cannot ask.
    package init(record: ScreenRecord) {
        (isTerminal, standardErrorIsTerminal, canAsk) = (false, false, false)
        (hasColour, width) = (false, 80)
        self.record = record
    }

    package init(environment: [String: String]) {
        record = nil
        let elsewhere = (environment[Self.terminalsVariable] ?? "").split(separator: ",")
        isTerminal = isatty(STDOUT_FILENO) == 1 || elsewhere.contains("output")
        standardErrorIsTerminal = isatty(STDERR_FILENO) == 1 || elsewhere.contains("errors")
        canAsk = standardErrorIsTerminal && (isatty(STDIN_FILENO) == 1 || elsewhere.contains("input"))
        let isPlain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false || environment["TERM"] == "dumb"
        hasColour = isTerminal && !isPlain
        let columns = environment["COLUMNS"].flatMap { Int($0) } ?? 0
        let size = TerminalSize(STDOUT_FILENO) ?? .of(STDERR_FILENO)
        width = max(20, columns > 0 ? columns : size.columns)
    }

    package func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Writes data. It reaches the reader with `flush` at the latest.
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
        if let record { return record.output += buffer }
        guard let pager else { return try Self.write(buffer, to: .standardOutput) }
        do throws(SystemError) { try pager.write(buffer) } catch { throw Self.unwritable(error) }
    }

    /// Shows what is written from now on in a pager, if it is for a terminal.
    package func usePager(_ pager: Pager?) { if isatty(STDOUT_FILENO) == 1 { self.pager = pager } }

    /// Ends the output. With a pager, waits until the person has closed it.
    package func finish() throws(Failure) {
        defer {
            pager?.finish()
            pager = nil
            for message in laterMessages { say(message.text, wraps: message.wraps) }
            laterMessages = []
        }
        try flush()
    }

    /// A text that is wrapped on a terminal, with `indentation` columns before each line but the first.
    package func wrapped(_ text: String, indentation: Int) -> String {
        // In a pipe, lines stay whole. On a small terminal there is no room for a column of words.
        guard isTerminal, width - indentation >= 24 else { return text }
        return Paragraph.wrap(text, width: width - indentation)
            .replacing("\n", with: "\n" + String(repeating: " ", count: indentation))
    }

    /// Prints a message, which must be safe for a terminal; on one, it is wrapped between words.
    ///
    /// - Parameter wraps: false for a command that people copy.
    package func say(_ text: String, wraps: Bool = true) {
        if pager != nil { return laterMessages.append((text, wraps)) }
        try? flush()
        print(message: text, wraps: wraps)
    }

    /// Says at once what the program waits for, unless a pager has the terminal.
    package func say(waiting text: String) {
        if pager == nil { try? flush() }
        if pager?.isRunning != true { print(message: text, wraps: true) }
    }

    private func print(message text: String, wraps: Bool) {
        if let record { return record.messages.append(text) }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard wraps, standardErrorIsTerminal, DisplayWidth.of(String(line)) > width else {
                return String(line)
            }
            return Paragraph.wrapIndented(String(line), width: width).joined(separator: "\n")
        }
        try? Self.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: .standardError)
    }

    /// Prints why the program ends. The text should be safe for a terminal already; this makes sure of it.
    ///
    /// - Parameter keepingNewlines: false if text from outside must not become a line of its own.
    package func report(_ failure: Failure, by program: String, keepingNewlines: Bool = true) {
        say(SafeText.escape("\(program): \(failure.text)", keepingNewlines: keepingNewlines))
        if let hint = failure.hint {
            say(SafeText.escape("hint: \(hint)", keepingNewlines: keepingNewlines))
        }
    }

    /// Shows a line of progress in place of the one before. Messages are not part of it.
    package func show(progress text: String) {
        guard standardErrorIsTerminal else { return }
        let line = "\r\u{1B}[K" + DisplayWidth.cut(text, to: width - 1)
        try? Self.write(Array(line.utf8), to: .standardError)
    }

    /// Writes to standard error unchanged. It must be a terminal.
    func show(raw text: String) { try? Self.write(Array(text.utf8), to: .standardError) }

    private static func write(_ bytes: [UInt8], to file: FileDescriptor) throws(Failure) {
        do throws(SystemError) { try file.write(bytes) } catch { throw unwritable(error) }
    }

    private static func unwritable(_ error: SystemError) -> Failure {
        Failure(.inputOutput, "cannot write the output: \(error)")
    }

    /// Asks a yes-or-no question. Without a terminal, the answer is nil.
    package func confirm(_ question: String) -> Bool? {
        guard canAsk else { return nil }
        try? flush()
        try? Self.write(Array((question + " [y/N] ").utf8), to: .standardError)
        let answer = readLine(strippingNewline: true)?.lowercased()
        return answer == "y" || answer == "yes"
    }
}
