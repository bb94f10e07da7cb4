/// What the programs end with; scripts hold on to these numbers.
package enum ExitCode: Int32, Sendable {
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
}
