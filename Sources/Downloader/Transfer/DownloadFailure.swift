internal import System

/// Why an output is not on disk yet.
package enum DownloadFailure: Error {
    /// 403, 404 or 410: the address has gone. A fresh `/result` may name another.
    case badAnswer(status: Int)
    /// A page, text, nothing, or more than is allowed in place of the output.
    case badContent(String)
    /// The address, or one that it redirects to, is none that outputs may come from.
    case refusedHost(String)
    /// The network, the server's own trouble, or a transfer that was cut. What has come is kept.
    case network(String, retryAfter: Duration?)
    /// It dripped, and gave its place to others. What has come is kept.
    case gaveWay
    /// The disk is too full, or would be.
    case noSpace(String)
    case disk(String)
    /// The caller's record of the final path failed; the whole file waits under its temporary name.
    case notRecorded(any Error)
    /// Not a failure of the output: what has come is kept.
    case cancelled

    /// Whether it is the output's own answer that is bad. Everything else is tried without limit.
    package var countsAsAttempt: Bool {
        switch self {
        case .badAnswer, .badContent, .refusedHost: true
        case .network, .gaveWay, .noSpace, .disk, .notRecorded, .cancelled: false
        }
    }

    /// How long the server asks to be left alone.
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
        case .gaveWay: "the server sends less than 1 kB/s, and others wait: they go first"
        case .notRecorded(let error): "the final path could not be recorded: \(error)"
        case .cancelled: "cancelled"
        }
    }
}
