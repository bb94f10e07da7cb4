internal import JSON

/// How a request fares over there, whichever of the known spellings was used.
package enum RemoteStatus: Equatable, Sendable {
    case inQueue
    case inProgress
    /// Over, well or badly: of `/status` it only means that `/result` decides.
    case completed
    case succeeded
    case failed
    case cancelled
    /// Keep waiting, and say so: it is no success, and no reason to submit again.
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
