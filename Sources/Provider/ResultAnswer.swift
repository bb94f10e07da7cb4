package import HTTP
internal import JSON

/// What `/result` said. It alone decides how a job ended.
package enum ResultAnswer: Equatable, Sendable {
    case unfinished(RemoteStatus, queuePosition: Int64?)
    /// At least one output, each once, in the answer's order.
    case succeeded([OutputReference], ResultFacts)
    case failed(String, ResultFacts)
    case cancelled(ResultFacts)
    /// Finished without usable output.
    case unusable(String, ResultFacts)
    case stopped(Obstacle)

    package var facts: ResultFacts? {
        switch self {
        case .succeeded(_, let facts), .failed(_, let facts), .cancelled(let facts), .unusable(_, let facts):
            facts
        case .unfinished, .stopped: nil
        }
    }

    package static func read(_ response: HTTPResponse, about subject: Subject? = nil) -> ResultAnswer {
        // An answer that tells how a job failed may carry that failure's code. It is about the job, not the
        // call.
        if (200..<300).contains(response.status), let json = try? JSON(parsing: response.body),
            let status = RemoteStatus(in: json), status == .failed || status == .cancelled,
            subject?.mismatch(in: json) == nil
        {
            return ended(status, json)
        }
        switch Obstacle.read(response, about: subject) {
        case .failure(let obstacle): return .stopped(obstacle)
        case .success(let json):
            guard let status = RemoteStatus(in: json) else {
                return .stopped(.tryLater("an answer without a status", retryAfter: nil))
            }
            return ended(status, json)
        }
    }

    private static func ended(_ status: RemoteStatus, _ json: JSON) -> ResultAnswer {
        let facts = ResultFacts(json)
        switch status {
        case .inQueue: return .unfinished(status, queuePosition: json["queue_position"]?.integer)
        case .inProgress, .unknown: return .unfinished(status, queuePosition: nil)
        case .failed: return .failed(ErrorText.read(json) ?? "the service gave no reason", facts)
        case .cancelled: return .cancelled(facts)
        case .succeeded, .completed:
            let outputs = OutputReference.all(in: json["output"] ?? .null)
            if outputs.count > OutputReference.most {
                let most = OutputReference.most
                return .unusable(
                    "the answer names \(outputs.count) outputs; no job has more than \(most)", facts)
            }
            if !outputs.isEmpty { return .succeeded(outputs, facts) }
            // `/status` calls a failed job completed; should `/result` too, its error tells.
            if status == .completed, let message = ErrorText.read(json) { return .failed(message, facts) }
            return .unusable("finished without usable output", facts)
        }
    }
}
