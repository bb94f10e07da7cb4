package import HTTP
internal import JSON

/// What `/cancel` said. Its `outcome` alone is read: the `status` beside it may say anything.
package enum CancelAnswer: Equatable, Sendable {
    case cancelled
    /// It runs or has run: it will be billed, and its result is wanted.
    case notCancellable
    case stopped(Obstacle)

    package static func read(_ response: HTTPResponse, about subject: Subject? = nil) -> CancelAnswer {
        switch Obstacle.read(response, about: subject) {
        case .failure(let obstacle): return .stopped(obstacle)
        case .success(let json):
            switch json["outcome"]?.string?.lowercased() {
            case "cancelled", "canceled": return .cancelled
            case "not_cancellable", "not_cancelable": return .notCancellable
            case let outcome:
                let words = outcome.map { "the unknown outcome \"\($0.prefix(64))\"" } ?? "no outcome"
                return .stopped(.tryLater("a cancel's answer with \(words)", retryAfter: nil))
            }
        }
    }
}
