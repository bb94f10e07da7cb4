package import HTTP
internal import JSON

/// What `/status` said.
package enum StatusAnswer: Equatable, Sendable {
    /// The position is told in the queue alone.
    case known(RemoteStatus, queuePosition: Int64?)
    case stopped(Obstacle)

    package static func read(_ response: HTTPResponse, about subject: Subject? = nil) -> StatusAnswer {
        switch Obstacle.read(response, about: subject) {
        case .failure(let obstacle): return .stopped(obstacle)
        case .success(let json):
            guard let status = RemoteStatus(in: json) else {
                return .stopped(.tryLater("an answer without a status", retryAfter: nil))
            }
            let position = status == .inQueue ? json["queue_position"]?.integer : nil
            return .known(status, queuePosition: position)
        }
    }
}
