package import HTTP
internal import JSON

/// What `/result` said. Nothing else decides how a job ended.
package enum ResultAnswer: Equatable, Sendable, StoppableAnswer {
    case unfinished(RemoteStatus, queuePosition: Int64?)
    /// At least one output. Each is listed once, in the answer's order.
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
        let body = AnswerBody(response)
        // The error code in an answer about a failed job is the job's, not the call's.
        if (200..<300).contains(response.status), let json = body.json,
            let status = RemoteStatus(in: json), status == .failed || status == .cancelled,
            subject?.mismatch(in: json) == nil
        {
            return read(status, json)
        }
        return read(body, about: subject, orLacking: "a status") { json in
            RemoteStatus(in: json).map { read($0, json) }
        }
    }

    private static func read(_ status: RemoteStatus, _ json: JSON) -> ResultAnswer {
        let facts = ResultFacts(json)
        switch status {
        case .inQueue: return .unfinished(status, queuePosition: json["queue_position"]?.integer)
        case .inProgress, .unknown: return .unfinished(status, queuePosition: nil)
        case .failed: return .failed(ErrorText.read(json) ?? "the service gave no reason", facts)
        case .cancelled: return .cancelled(facts)
        case .succeeded, .completed:
            let outputs = OutputReference.all(in: json["output"] ?? .null)
            if outputs.count > OutputReference.most {
                let limit = "no job has more than \(OutputReference.most)"
                return .unusable("the answer names \(outputs.count) outputs; \(limit)", facts)
            }
            if !outputs.isEmpty { return .succeeded(outputs, facts) }
            // `/status` calls a failed job completed. If `/result` does so too, its error gives it away.
            if status == .completed, let message = ErrorText.read(json) { return .failed(message, facts) }
            return .unusable("finished without usable output", facts)
        }
    }
}
