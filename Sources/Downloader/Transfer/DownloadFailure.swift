internal import System

/// Why an output is not on disk yet.
package enum DownloadFailure: Error {
    /// 403, 404 or 410: the address no longer works. A fresh `/result` may name another.
    case badAnswer(status: Int)
    /// A page, text, nothing, or more than is allowed, instead of the output.
    case badContent(String)
    /// Outputs may not come from the address, or from one that it redirects to.
    case refusedHost(String)
    /// Trouble of the network or the server, or an incomplete transfer. The bytes so far are kept.
    case network(String, retryAfter: Duration?)
    /// It dripped, and gave its slot to others. The bytes so far are kept.
    case gaveWay
    /// The disk is too full, or would be.
    case noSpace(String)
    case disk(String)
    /// The caller could not record the final path; the complete file keeps its temporary name.
    case notRecorded(any Error)
    /// Not a failure of the output. The bytes so far are kept.
    case cancelled

    /// Whether the output's own answer is bad. Everything else is tried without limit.
    package var countsAsAttempt: Bool {
        switch self {
        case .badAnswer, .badContent, .refusedHost: true
        case .network, .gaveWay, .noSpace, .disk, .notRecorded, .cancelled: false
        }
    }

    /// How long the server asks us to wait.
    package var retryAfter: Duration? {
        if case .network(_, let asked) = self { return asked }
        return nil
    }

    /// What a system call's error means.
    static func system(_ error: SystemError, _ action: String) -> DownloadFailure {
        let reason = "cannot \(action): \(error)"
        return error.isDiskFull ? .noSpace(reason) : .disk(reason)
    }

    static func doing<Value>(
        _ action: @autoclosure () -> String, _ body: @autoclosure () throws(SystemError) -> Value
    ) throws(DownloadFailure) -> Value {
        do throws(SystemError) { return try body() } catch { throw .system(error, action()) }
    }
}

extension DownloadFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badAnswer(let status): "the server answered \(status)"
        case .badContent(let reason), .refusedHost(let reason), .network(let reason, _), .noSpace(let reason),
            .disk(let reason):
            reason
        case .gaveWay: "the server sends less than 1 kB/s, and other downloads are waiting: they go first"
        case .notRecorded(let error): "the final path could not be recorded: \(error)"
        case .cancelled: "cancelled"
        }
    }
}
