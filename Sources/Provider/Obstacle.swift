internal import HTTP
internal import JSON
package import JobModel

/// Why a question about a request brought no answer. None of it says anything about how the job fares.
package enum Obstacle: Equatable, Sendable {
    /// The service itself says that it does not know the request: deleted, expired, or not yet known
    /// everywhere.
    case gone(String)
    /// The service can make nothing of the id.
    case misnamed(String)
    /// The request is someone else's.
    case denied(String)
    case account(Pause.Reason, String)
    /// The service or the way to it is troubled, or its answer makes no sense.
    case tryLater(String, retryAfter: Duration?)

    /// What came, in words.
    package var reason: String {
        switch self {
        case .gone(let reason), .misnamed(let reason), .denied(let reason), .account(_, let reason),
            .tryLater(let reason, _):
            reason
        }
    }
}

extension Obstacle {
    /// Reads any answer but a submission's: the JSON object of a good one, or what stands in the way.
    static func read(_ response: HTTPResponse, about subject: Subject? = nil) -> Result<JSON, Obstacle> {
        let body = AnswerBody(response)
        if let json = body.json, let mismatch = subject?.mismatch(in: json) {
            return .failure(.tryLater(mismatch, retryAfter: nil))
        }
        if let fault = body.error?.accountFault {
            return .failure(.account(fault, body.reason(response.status)))
        }
        if let obstacle = byCode(body, response) ?? byStatus(body, response) { return .failure(obstacle) }
        guard let json = body.json, json.object != nil else {
            return .failure(.tryLater(body.reason(response.status), retryAfter: nil))
        }
        return .success(json)
    }

    /// What the lack of an answer means; nil where the question itself was called off.
    init?(_ error: HTTPError) {
        if error == .cancelled { return nil }
        self = .tryLater("\(error)", retryAfter: nil)
    }

    /// The service's own codes count whatever the HTTP status: they come with 200 too.
    private static func byCode(_ body: AnswerBody, _ response: HTTPResponse) -> Obstacle? {
        // In an answer that went well, a code within an error is the job's.
        let isGood = (200..<300).contains(response.status)
        guard let code = body.error?.code ?? (isGood ? nil : body.error?.innerCode) else { return nil }
        switch code {
        case 404_001: return .gone(body.reason(response.status))
        case 400_001: return .misnamed(body.reason(response.status))
        case 403_001: return .denied(body.reason(response.status))
        default:
            return body.error?.code == nil
                ? nil : .tryLater(body.reason(response.status), retryAfter: response.retryAfter)
        }
    }

    private static func byStatus(_ body: AnswerBody, _ response: HTTPResponse) -> Obstacle? {
        // A good answer needs no words.
        if (200..<300).contains(response.status) { return nil }
        let reason = body.reason(response.status)
        switch response.status {
        case 401: return .account(.token, reason)
        case 402: return .account(.balance, reason)
        // A page of a proxy or a CDN speaks for itself, not for the service.
        case 403 where body.error != nil: return .account(.token, reason)
        default: return .tryLater(reason, retryAfter: response.retryAfter)
        }
    }
}

extension Obstacle: Error {}
