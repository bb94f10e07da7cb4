package import HTTP
internal import JSON
package import JobModel

/// What an answer to a submission means. No POST is repeated automatically: each that arrives costs money.
package enum SubmitAnswer: Equatable, Sendable {
    /// The service has the job. `raw` is what it said, for the record.
    case bought(requestID: String, raw: KeptAnswer)
    /// Nothing was bought: there was no connection to send it on.
    case unreachable(String)
    /// Nothing was bought; the same may be sent again. The time is given if the service is too busy.
    case notBought(String, retryAfter: Duration?)
    /// Nothing was bought, and the same input would be refused again.
    case refused(String)
    /// Nothing was bought, and nothing will be until a person has seen to the account.
    case accountFault(Pause.Reason, String)
    /// It may have been bought. `raw` is what arrived of the answer.
    case uncertain(String, raw: KeptAnswer)
}

extension SubmitAnswer {
    package static func read(_ response: HTTPResponse) -> SubmitAnswer {
        let body = AnswerBody(response)
        // Not needed for a good answer.
        let reason = { body.reason }
        // These two codes always mean no: they come with HTTP 200 too.
        if let fault = body.error?.accountFault { return .accountFault(fault, reason()) }
        // Within an error they mean the same, unless the answer says that something was bought.
        if body.json?["request_id"]?.string == nil, let fault = body.error?.innerAccountFault {
            return .accountFault(fault, reason())
        }
        switch response.status {
        case 200..<300: return readSuccess(body, reason, response.retryAfter)
        case 401, 403: return .accountFault(.token, reason())
        case 402: return .accountFault(.balance, reason())
        case 429: return .notBought(reason(), retryAfter: response.retryAfter ?? .zero)
        // Only the service's own body is a refusal. A page from a server in between means: try again.
        case 400..<500:
            return body.error != nil
                ? .refused(reason()) : .notBought(reason(), retryAfter: response.retryAfter)
        case 503 where response.headers["retry-after"] != nil:
            return .notBought(reason(), retryAfter: response.retryAfter ?? .zero)
        default: return .uncertain(reason(), raw: body.kept)
        }
    }

    /// What it means that there was no complete answer.
    package static func read(_ error: HTTPError) -> SubmitAnswer {
        switch error {
        case .neverConnected, .refusedAddress, .withheld, .unavailable, .badRequest: .unreachable("\(error)")
        case .bodyTooLarge(let response): read(response)
        case .noAnswer(_, let partial):
            .uncertain("\(error)", raw: partial.map { KeptAnswer($0) } ?? "")
        case .sinkFailed, .gaveWay, .cancelled: .uncertain("\(error)", raw: "")
        }
    }

    /// With HTTP 200, an error's code means what the same HTTP status means. With both a code and an id,
    /// nobody can tell.
    private static func readSuccess(_ body: AnswerBody, _ reason: () -> String, _ wait: Duration?)
        -> SubmitAnswer
    {
        let id = body.json?["request_id"]?.string.flatMap { RequestID.isUsable($0) ? $0 : nil }
        switch (id, body.error?.status) {
        case (let id?, nil): return .bought(requestID: id, raw: body.kept)
        case (nil, 401): return .accountFault(.token, reason())
        case (nil, 402): return .accountFault(.balance, reason())
        case (nil, 429): return .notBought(reason(), retryAfter: wait ?? .zero)
        case (nil, let status?) where (400..<500).contains(status): return .refused(reason())
        default: return .uncertain(reason(), raw: body.kept)
        }
    }
}
