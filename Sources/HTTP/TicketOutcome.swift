internal import CCurl

extension Ticket {
    /// What a transfer's end means. In doubt, the request has left and no answer came.
    func outcome(_ result: CURLcode, _ reason: String) -> Outcome {
        switch stopped {
        case .cancelled: return .failure(.cancelled)
        case .refusedAddress(let address): return .failure(.refusedAddress(address))
        case .bodyTooLarge, .sinkFailed:
            guard let response = answer.response else { break }
            return .failure(stopped == .sinkFailed ? .sinkFailed(response) : .bodyTooLarge(response))
        case .headersTooLong: return noAnswer("the answer's headers are too long")
        case .gaveWay: return .failure(.gaveWay)
        case .silence: return noAnswer("nothing came for \(request.silenceTimeout ?? .zero)")
        case nil: break
        }
        if result == CURLE_OK {
            // libcurl takes headers that end in the middle for an answer without a body.
            guard answer.isComplete, let response = answer.response else {
                return noAnswer("the connection ended inside the headers")
            }
            return .success(response)
        }
        if left { return noAnswer(reason) }
        switch result {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_LOGIN_DENIED:
            return .failure(.badRequest(reason))
        default:
            if let refusedAddress { return .failure(.refusedAddress(refusedAddress)) }
            return .failure(.neverConnected(reason))
        }
    }

    private func noAnswer(_ reason: String) -> Outcome {
        .failure(.noAnswer(reason, partial: answer.response))
    }
}
