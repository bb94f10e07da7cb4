internal import JSON
internal import System

/// `/_sim/...`: the simulator's own calls, for tests and rehearsals.
extension Service {
    func control(_ call: Call) -> Answer {
        switch (call.method, call.path) {
        case ("GET", "/_sim/stats"): .json(statistics.withLock { $0.members })
        case ("GET", "/_sim/ledger"): requestList()
        case ("GET", "/_sim/faults"): faultList()
        case ("POST", "/_sim/faults"): changeFaults(call)
        case ("POST", "/_sim/balance"): payIn(call)
        case ("POST", "/_sim/expire"): expire()
        case ("GET", "/_sim/picture.png"), ("HEAD", "/_sim/picture.png"): picture()
        default: .error(404001, "no such call, see jobsim --help")
        }
    }

    /// A line with the counts, then a line for each request in the order of acceptance.
    private func requestList() -> Answer {
        let (requests, running, balance) = withBook { book, _ in (book.requests, book.running, book.balance) }
        let count = { (phase: Request.Phase) in JSON.integer(requests.count { $0.phase == phase }) }
        let spent = requests.reduce(0) { $0 + ($1.phase == .cancelled ? 0 : $1.price) }
        let counts = JSON.object([
            "accepted": .integer(requests.count), "in_queue": count(.inQueue),
            "in_progress": .integer(running),
            "ended": count(.ended), "cancelled": count(.cancelled),
            "posts": .integer(statistics.withLock { $0.calls[.submit] ?? 0 }),
            "spent_usd": .double(spent.inMicrodollars), "balance_usd": .optional(balance?.inMicrodollars),
        ])
        var bytes: [UInt8] = []
        for line in [counts] + requests.map(Self.line) {
            line.write(into: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        }
        return Answer(status: 200, type: "application/x-ndjson", bytes: bytes)
    }

    private static func line(_ request: Request) -> JSON {
        .object([
            "request_id": .string(request.id), "model": .string(request.model),
            "phase": .string(request.phase.rawValue),
            "accepted_at": .string(UTCTime(request.acceptedAt).iso()),
            "ended_at": .optional(request.endedAt.map { UTCTime($0).iso() }),
            "price_usd": .double(request.price),
            "status_calls": .integer(request.statusCalls), "result_calls": .integer(request.resultCalls),
            "cancel_calls": .integer(request.cancelCalls), "downloads": .integer(request.downloads),
            "inputs": .array(request.inputs.map(\.json)),
            "input_hash": .string(hexadecimal(fingerprint(request.input))),
            "input": (try? JSON(parsing: request.input)) ?? .null,
        ])
    }

    private func faultList() -> Answer {
        let faults = faults.withLock { book in
            book.active.map {
                JSON.object(["fault": .string($0.fault.specification), "hits": .integer($0.hits)])
            }
        }
        return .json(["faults": .array(faults)])
    }

    private func changeFaults(_ call: Call) -> Answer {
        do {
            let body = try JSON(parsing: call.body)
            let parse = { (list: JSON) in
                try (list.array ?? []).map { try FaultParser.parse($0.string ?? "") }
            }
            let replacing = try body["faults"].map(parse)
            let added = try body["add"].map(parse)
            if replacing == nil, added == nil {
                return .error(400000, "expected {\"faults\":[...]} or {\"add\":[...]}")
            }
            faults.withLock { $0.change(replacing, adding: added ?? []) }
            var answer = faultList()
            answer.releasesHeld = true
            return answer
        } catch {
            return .error(400000, "\(error)")
        }
    }

    private func expire() -> Answer {
        addresses.withLock { $0.expire(at: clock.now) }
        return .json([:])
    }

    private func picture() -> Answer {
        let bytes = PictureFile.png(width: 512, height: 512, mark: "input")
        return Answer(status: 200, type: OutputPlan.Kind.image.mediaType, bytes: bytes)
    }

    private func payIn(_ call: Call) -> Answer {
        guard let money = call.arguments["usd"].flatMap({ Double($0) }), money.isFinite, money >= 0 else {
            return .error(400000, "expected ?usd=AMOUNT")
        }
        do {
            try withBook { book, now in
                try record(.paidIn(money, at: now))
                book.credit(money)
            }
        } catch {
            return .error(500001, "\(error)")
        }
        return .json(balance())
    }
}
