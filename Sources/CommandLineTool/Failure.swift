/// Why a program ends early: the message to print, and the exit code.
package struct Failure: Error, Equatable, Sendable {
    package var code: ExitCode
    /// In lower case, without a full stop. Further lines give details.
    package var message: String
    /// What to type next.
    package var hint: String?

    package init(_ code: ExitCode, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package static func usage(_ message: String, hint: String? = nil) -> Failure {
        Failure(.usage, message, hint: hint)
    }
}

/// The exit codes of all programs. Scripts rely on these numbers.
package enum ExitCode: Int32, CaseIterable, Sendable {
    case success = 0
    /// The answer is no.
    case no = 1
    case usage = 64
    case inputRefused = 65
    case cannotRead = 66
    case unavailable = 69
    case bug = 70
    case inputOutput = 74
    case timedOut = 75
    case permission = 77
    case configuration = 78
    case interrupted = 130

    /// In words, for the manual pages.
    package var meaning: String {
        switch self {
        case .success: "done"
        case .no:
            """
            the answer is no: a job did not complete, nothing matched, damage was found, \
            a verb could not be applied
            """
        case .usage: "the command line is wrong"
        case .inputRefused: "the input was refused: it breaks the schema, or is no valid JSON"
        case .cannotRead: "a named file cannot be read"
        case .unavailable: "the store or the API cannot be reached, or another jobd is using the store"
        case .bug: "a bug"
        case .inputOutput: "disk or I/O error"
        case .timedOut: "--timeout expired"
        case .permission: "there is no token, or something is not permitted, such as to open the store"
        case .configuration: "the configuration has an error: a key, a value, or an address"
        case .interrupted: "interrupted with Ctrl-C"
        }
    }
}
