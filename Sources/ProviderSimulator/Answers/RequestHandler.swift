internal import JSON

/// `/v1/requests/{request_id}/...`: how a request stands, what came of it, and the wish to stop it.
struct RequestHandler {
    let world: World

    func status(_ call: Call, id: String) -> Answer {
        world.count(.status)
        let (request, position) = world.read { book, _ in
            book.count(\.statusCalls, of: id)
            return (book[id], book.queuePosition(of: id))
        }
        let faults = world.strike(.status, of: request)
        return FaultyAnswer.apply(faults) {
            guard let request else { return ErrorAnswer.notFound(id) }
            let urls = RequestURLs(base: call.base, id: id)
            let word = request.phase == .ended ? "completed" : request.phase.rawValue
            var body: JSONObject = [
                "request_id": .string(id), "status": .string(Self.spelled(word, faults)),
            ]
            if let position { body["queue_position"] = .integer(position) }
            body["status_url"] = .string(urls.status)
            body["result_url"] = .string(urls.result)
            return .json(.object(body))
        }
    }

    func result(_ call: Call, id: String) -> Answer {
        world.count(.result)
        let request = world.read { book, _ in
            book.count(\.resultCalls, of: id)
            return book[id]
        }
        let faults = world.strike(.result, of: request)
        return FaultyAnswer.apply(faults) {
            guard let request else { return ErrorAnswer.notFound(id) }
            return .json(
                .object(ResultBody(world: world, request: request, faults: faults).members(for: call)))
        }
    }

    func cancel(_ call: Call, id: String) -> Answer {
        world.count(.cancel)
        let request = world.read { book, _ in
            book.count(\.cancelCalls, of: id)
            return book[id]
        }
        let faults = world.strike(.cancel, of: request)
        let replacement = FaultyAnswer.replacement(faults)
        if let replacement, !FaultyAnswer.accept(faults) { return replacement }
        guard request != nil else { return ErrorAnswer.notFound(id) }
        let isCancelled: Bool
        do {
            isCancelled = try faults.contains(.notCancellable) ? false : cancel(id)
        } catch {
            return ErrorAnswer.code(500001, "\(error)", status: 500)
        }
        // The status beside the outcome is as misleading as in the service's own sample.
        let outcome = Self.spelled(isCancelled ? "cancelled" : "not_cancellable", faults)
        let body: JSONObject = [
            "request_id": .string(id), "status": .string("completed"), "outcome": .string(outcome),
        ]
        return FaultyAnswer.spoil(replacement ?? .json(.object(body), status: 202), faults)
    }

    /// In the ledger first: after a crash nobody may find a request running that he was told is cancelled.
    private func cancel(_ id: String) throws -> Bool {
        try world.read { book, now in
            guard book[id]?.phase == .inQueue else { return book.cancel(id, at: now) }
            try world.record(.cancelled(id: id, at: now))
            return book.cancel(id, at: now)
        }
    }

    static func spelled(_ word: String, _ faults: [Fault]) -> String {
        var word = faults[.word]?.value ?? word
        if faults.contains(.unknownWord) { word = "reticulating_splines" }
        return faults.contains(.uppercase) ? word.uppercased() : word
    }
}
