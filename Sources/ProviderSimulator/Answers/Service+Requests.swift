internal import JSON

/// `/v1/requests/{request_id}/...`: the state of a request, its result, and cancelling it.
extension Service {
    func status(_ call: Call, id: String) -> Answer {
        let (request, position) = withBook { book, _ in
            (book.request(id, counting: \.statusCalls), book.queuePosition(of: id))
        }
        return answer(.status, about: request) { faults in
            guard let request else { return .notFound(id) }
            let word = request.phase == .ended ? "completed" : request.phase.rawValue
            var body: JSONObject = ["request_id": .string(id), "status": .string(faults.spelling(of: word))]
            if let position { body["queue_position"] = .integer(position) }
            body.members += urls(of: id, base: call.base, ["status", "result"])
            return .json(body)
        }
    }

    func result(_ call: Call, id: String) -> Answer {
        let request = withBook { book, _ in book.request(id, counting: \.resultCalls) }
        return answer(.result, about: request) { faults in
            guard let request else { return .notFound(id) }
            return .json(ResultBody(service: self, request: request, faults: faults).members(for: call))
        }
    }

    func cancel(id: String) -> Answer {
        count(.cancel)
        let request = withBook { book, _ in book.request(id, counting: \.cancelCalls) }
        let faults = strike(.cancel, of: request)
        let replacement = faults.replacement
        if let replacement, !replacement.isAccepted { return replacement.answer }
        guard request != nil else { return .notFound(id) }
        let isCancelled: Bool
        do {
            isCancelled = try !faults.contains(.notCancellable) && stop(id)
        } catch {
            return .error(500001, "\(error)")
        }
        // The status is as misleading as in the service's own sample: only the outcome counts.
        let body: JSONObject = [
            "request_id": .string(id), "status": "completed",
            "outcome": .string(faults.spelling(of: isCancelled ? "cancelled" : "not_cancellable")),
        ]
        return faults.spoil(replacement?.answer ?? .json(body, status: 202))
    }

    /// Writes the ledger first: a request that was reported as cancelled must not run after a crash.
    private func stop(_ id: String) throws -> Bool {
        try withBook { book, now in
            if book[id]?.phase == .inQueue { try record(.cancelled(id: id, at: now)) }
            return book.cancel(id, at: now)
        }
    }
}

extension [Fault] {
    /// The word of an answer, as these faults have it spelled.
    func spelling(of word: String) -> String {
        let word = contains(.unknownWord) ? "reticulating_splines" : self[.word]?.value ?? word
        return contains(.uppercase) ? word.uppercased() : word
    }
}
