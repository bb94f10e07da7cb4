package import HTTP
internal import JSON

/// What `/cancel` said. Only its `outcome` counts: the `status` beside it is not reliable.
package enum CancelAnswer: Equatable, Sendable, StoppableAnswer {
    case cancelled
    /// It runs or has run: it will be billed, and its result is wanted.
    case notCancellable
    case stopped(Obstacle)

    package static func read(_ response: HTTPResponse, about subject: Subject? = nil) -> CancelAnswer {
        read(response, about: subject, orLacking: "an outcome") { json in
            switch json["outcome"]?.string?.lowercased() {
            case "cancelled", "canceled": .cancelled
            case "not_cancellable", "not_cancelable": .notCancellable
            case let outcome?:
                .stopped(
                    .tryLater("an unknown outcome of a cancel: \"\(outcome.prefix(64))\"", retryAfter: nil))
            case nil: nil
            }
        }
    }
}
