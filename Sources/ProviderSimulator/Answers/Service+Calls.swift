internal import System

extension Service {
    /// Finds out which call is meant and whether the caller may make it, and answers it.
    func answer(_ call: Call) -> Answer {
        let parts = call.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            .map(String.init)
        switch parts.first {
        case "files" where call.method == "GET" || call.method == "HEAD": return file(call)
        case "_sim": return control(call)
        default: return refusal(call) ?? answer(call, parts)
        }
    }

    private func answer(_ call: Call, _ parts: [String]) -> Answer {
        let rest = parts.dropFirst(2).joined(separator: "/")
        switch (call.method, parts.prefix(2).joined(separator: "/"), parts.count) {
        case ("GET", "v1/models", 2): return models(call)
        case ("GET", "v1/models", 3) where rest == "categories": return categories()
        case ("GET", "v1/models", 3...): return model(rest)
        case ("POST", "v1/models", 3...): return submit(call, model: rest)
        case ("GET", "v1/requests", 4) where parts[3] == "status": return status(call, id: parts[2])
        case ("GET", "v1/requests", 4) where parts[3] == "result": return result(call, id: parts[2])
        case ("POST", "v1/requests", 4) where parts[3] == "cancel": return cancel(id: parts[2])
        case ("GET", "prod/v2", 3) where rest == "balance":
            return answer(.balance) { _ in .json(balance()) }
        default: return .error(404001, "ResourceNotFound: no such call")
        }
    }

    /// Counts and answers a call that changes nothing, unless a fault answers in its place.
    func answer(
        _ call: FaultCall, about request: Request? = nil, _ answer: ([Fault]) -> Answer
    ) -> Answer {
        count(call)
        let faults = strike(call, of: request)
        return faults.spoil(faults.replacement?.answer ?? answer(faults))
    }

    /// The answer to a caller without a valid token; nil for other callers.
    private func refusal(_ call: Call) -> Answer? {
        let faults = faults.withLock { $0.strike(.token, model: nil) }
        if let fault = faults[.reject] {
            return .error(400004, "UserAccountError: token refused", status: fault.httpStatus ?? 401)
        }
        let words = (call.authorization ?? "").split(separator: " ", maxSplits: 1)
        let isValid =
            words.count == 2 && words[0].lowercased() == "bearer" && !words[1].isEmpty
            && options.token.map { $0 == words[1] } ?? true
        return isValid ? nil : .error(400004, "UserAccountError: token missing or unknown", status: 401)
    }
}
