internal import System

/// Finds out which call is meant, and whether its caller may make it.
struct Router {
    let world: World

    func answer(_ call: Call) -> Answer {
        let parts = call.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(
            String.init)
        switch parts.first {
        case "files" where call.method == "GET" || call.method == "HEAD":
            return FileHandler(world: world).answer(call)
        case "_sim": return ControlHandler(world: world).answer(call)
        default: return refusal(call) ?? service(call, parts)
        }
    }

    private func service(_ call: Call, _ parts: [String]) -> Answer {
        switch (call.method, parts.count) {
        case ("GET", 2) where parts == ["v1", "models"]: return CatalogueHandler(world: world).list(call)
        case ("GET", 3) where parts == ["v1", "models", "categories"]:
            return CatalogueHandler(world: world).categories()
        case ("GET", 3) where parts == ["prod", "v2", "balance"]: return BalanceHandler(world: world).answer()
        case ("GET", 3...) where parts.starts(with: ["v1", "models"]):
            return CatalogueHandler(world: world).show(parts[2...].joined(separator: "/"))
        case ("POST", 3...) where parts.starts(with: ["v1", "models"]):
            return SubmitHandler(world: world).answer(call, model: parts[2...].joined(separator: "/"))
        case ("GET", 4) where parts.starts(with: ["v1", "requests"]) && parts[3] == "status":
            return RequestHandler(world: world).status(call, id: parts[2])
        case ("GET", 4) where parts.starts(with: ["v1", "requests"]) && parts[3] == "result":
            return RequestHandler(world: world).result(call, id: parts[2])
        case ("POST", 4) where parts.starts(with: ["v1", "requests"]) && parts[3] == "cancel":
            return RequestHandler(world: world).cancel(call, id: parts[2])
        default: return ErrorAnswer.code(404001, "ResourceNotFound: no such call", status: 404)
        }
    }

    /// What a caller without a good token hears; nil for the others.
    private func refusal(_ call: Call) -> Answer? {
        let faults = world.faults.withLock { $0.strike(.token, model: nil) }
        let words = (call.authorization ?? "").split(separator: " ", maxSplits: 1)
        let isGood =
            words.count == 2 && words[0].lowercased() == "bearer" && !words[1].isEmpty
            && world.options.token.map { $0 == words[1] } ?? true
        if let fault = faults[.reject] {
            return ErrorAnswer.code(
                400004, "UserAccountError: token refused", status: fault.httpStatus ?? 401)
        }
        return isGood
            ? nil : ErrorAnswer.code(400004, "UserAccountError: token missing or unknown", status: 401)
    }
}
