internal import HTTP
internal import JSON
package import JobModel

/// Why a question about a request was not answered. None of these says anything about the job.
package enum Obstacle: Equatable, Sendable {
    /// The service itself says that it does not know the request: it may be deleted, expired, or too new.
    case gone(String)
    /// The service does not accept the id.
    case misnamed(String)
    /// The request is someone else's.
    case denied(String)
    case account(Pause.Reason, String)
    /// The service or the connection to it is in trouble, or its answer makes no sense.
    case tryLater(String, retryAfter: Duration?)

    /// What was answered, in words.
    package var reason: String {
        switch self {
        case .gone(let reason), .misnamed(let reason), .denied(let reason), .account(_, let reason),
            .tryLater(let reason, _):
            reason
        }
    }
}

/// An answer that may turn out to be an obstacle.
protocol StoppableAnswer {
    static func stopped(_ obstacle: Obstacle) -> Self
}

extension StoppableAnswer {
    /// - Parameter need: what a good answer has; without it, `read` returns nil.
    static func read(
        _ response: HTTPResponse, about subject: Subject? = nil, orLacking need: String,
        _ read: (JSON) -> Self?
    ) -> Self {
        self.read(AnswerBody(response), about: subject, orLacking: need, read)
    }

    static func read(
        _ body: AnswerBody, about subject: Subject?, orLacking need: String, _ read: (JSON) -> Self?
    ) -> Self {
        switch Obstacle.read(body, about: subject) {
        case .failure(let obstacle): .stopped(obstacle)
        case .success(let json):
            read(json) ?? .stopped(.tryLater("an answer without \(need)", retryAfter: nil))
        }
    }
}

extension Obstacle: Error {
    /// Reads any answer except a submission's: the JSON object of a good one, or the obstacle.
    static func read(_ body: AnswerBody, about subject: Subject?) -> Result<JSON, Obstacle> {
        if let json = body.json, let mismatch = subject?.mismatch(in: json) {
            return .failure(.tryLater(mismatch, retryAfter: nil))
        }
        if let fault = body.error?.accountFault {
            return .failure(.account(fault, body.reason))
        }
        if let obstacle = byCode(body) ?? byStatus(body) { return .failure(obstacle) }
        guard let json = body.json, json.object != nil else {
            return .failure(.tryLater(body.reason, retryAfter: nil))
        }
        return .success(json)
    }

    /// What it means that there was no answer; nil if the question was cancelled.
    init?(_ error: HTTPError) {
        if error == .cancelled { return nil }
        self = .tryLater("\(error)", retryAfter: nil)
    }

    /// The service's own codes count whatever the HTTP status is: they come with 200 too.
    private static func byCode(_ body: AnswerBody) -> Obstacle? {
        // In a successful answer, a code within an error is the job's.
        let isGood = (200..<300).contains(body.response.status)
        guard let code = body.error?.code ?? (isGood ? nil : body.error?.innerCode) else { return nil }
        switch code {
        case 404_001: return .gone(body.reason)
        case 400_001: return .misnamed(body.reason)
        case 403_001: return .denied(body.reason)
        default:
            return body.error?.code == nil
                ? nil : .tryLater(body.reason, retryAfter: body.response.retryAfter)
        }
    }

    private static func byStatus(_ body: AnswerBody) -> Obstacle? {
        let response = body.response
        if (200..<300).contains(response.status) { return nil }
        let reason = body.reason
        switch response.status {
        case 401: return .account(.token, reason)
        case 402: return .account(.balance, reason)
        // A proxy's or a CDN's page says nothing about the account.
        case 403 where body.error != nil: return .account(.token, reason)
        default: return .tryLater(reason, retryAfter: response.retryAfter)
        }
    }
}
