/// What the programs end with; scripts hold on to these numbers.
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
            "the answer is no: a job did not complete, nothing matched, damage was found, a verb could not be applied"
        case .usage: "the command line is wrong"
        case .inputRefused: "the input was refused: by the schema, or as malformed JSON"
        case .cannotRead: "a named file cannot be read"
        case .unavailable: "the store or the API cannot be reached, or another jobd has it"
        case .bug: "a bug"
        case .inputOutput: "disk or I/O"
        case .timedOut: "the time that was given ran out"
        case .permission: "token or permission"
        case .configuration: "configuration"
        case .interrupted: "interrupted"
        }
    }
}
