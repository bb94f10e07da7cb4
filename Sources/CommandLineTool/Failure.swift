/// Why a program ends early: the message to print, and the exit code.
package struct Failure: Error, Equatable, Sendable {
    package var code: ExitCode
    /// In lower case, without a full stop.
    package var message: String
    /// What to type next.
    package var hint: String?
    /// What is wrong with an input, one by one.
    package var faults: [Fault]

    /// One thing that is wrong with an input.
    package struct Fault: Equatable, Sendable, CustomStringConvertible {
        /// Where the input is: a line, or the jobs that share the fault; nil if there is only one input.
        package var place: String?
        /// The place in the input, as a JSONPath; nil if the fault is not in one place.
        package var path: String?
        package var message: String

        package init(place: String? = nil, path: String? = nil, _ message: String) {
            self.place = place
            self.path = path
            self.message = message
        }

        package var description: String {
            [place, path, message].compactMap { $0 }.joined(separator: ": ")
        }
    }

    package init(_ code: ExitCode, _ message: String, hint: String? = nil, faults: [Fault] = []) {
        self.code = code
        self.message = message
        self.hint = hint
        self.faults = faults
    }

    /// The message and the faults, each on a line.
    package var text: String {
        faults.isEmpty ? message : message + ":" + faults.map { "\n  \($0)" }.joined()
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

    /// In one word, for programs.
    package var kind: String {
        switch self {
        case .success: "success"
        case .no: "refused"
        case .usage: "usage"
        case .inputRefused: "input"
        case .cannotRead: "unreadable"
        case .unavailable: "unavailable"
        case .bug: "bug"
        case .inputOutput: "io"
        case .timedOut: "timeout"
        case .permission: "permission"
        case .configuration: "configuration"
        case .interrupted: "interrupted"
        }
    }

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
