package import HTTP
internal import JSON

/// The state of a request at RunComfy, in whichever of the known spellings it came.
package enum RemoteStatus: Equatable, Sendable {
    case inQueue
    case inProgress
    /// Ended, successfully or not: from `/status` it only means that `/result` decides.
    case completed
    case succeeded
    case failed
    case cancelled
    /// Neither a success nor a reason to submit again: jobd keeps waiting, and says so.
    case unknown(String)

    package init(word: String) {
        let plain = String(word.unicodeScalars.prefix(64)).lowercased()
        switch plain {
        case "in_queue", "queued", "pending", "waiting": self = .inQueue
        case "in_progress", "starting", "processing", "running": self = .inProgress
        case "completed": self = .completed
        case "succeeded", "success": self = .succeeded
        case "failed", "error": self = .failed
        case "cancelled", "canceled": self = .cancelled
        default: self = .unknown(plain)
        }
    }

    package var isOver: Bool {
        switch self {
        case .completed, .succeeded, .failed, .cancelled: true
        case .inQueue, .inProgress, .unknown: false
        }
    }

    init?(in answer: JSON) {
        guard let word = answer["status"]?.string, !word.isEmpty else { return nil }
        self.init(word: word)
    }

    /// The one spelling that jobd keeps and shows.
    package var word: String {
        switch self {
        case .inQueue: "in_queue"
        case .inProgress: "in_progress"
        case .completed: "completed"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .unknown(let word): word
        }
    }
}

/// What `/status` said.
package enum StatusAnswer: Equatable, Sendable, StoppableAnswer {
    /// Only a request in the queue has a position.
    case known(RemoteStatus, queuePosition: Int64?)
    case stopped(Obstacle)

    package static func read(_ response: HTTPResponse, about subject: Subject? = nil) -> StatusAnswer {
        read(response, about: subject, orLacking: "a status") { json in
            RemoteStatus(in: json).map { status in
                .known(status, queuePosition: status == .inQueue ? json["queue_position"]?.integer : nil)
            }
        }
    }
}
