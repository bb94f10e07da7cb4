internal import JSON
internal import System

/// `/_sim/...`: looks behind the scenes, for tests and rehearsals.
struct ControlHandler {
    let world: World

    func answer(_ call: Call) -> Answer {
        switch (call.method, call.path) {
        case ("GET", "/_sim/stats"): .json(world.statistics.withLock { $0.json })
        case ("GET", "/_sim/ledger"): ledger()
        case ("GET", "/_sim/faults"): faults()
        case ("POST", "/_sim/faults"): change(call)
        case ("POST", "/_sim/balance"): payIn(call)
        default: ErrorAnswer.code(404001, "no such call, see jobsim --help", status: 404)
        }
    }

    /// A line with the counts, then a line for each request in the order of acceptance.
    private func ledger() -> Answer {
        let (requests, running, balance) = world.read { book, _ in (book.requests, book.running, book.balance)
        }
        let waiting = requests.count { $0.phase == .inQueue }
        let counts = JSON.object([
            "accepted": .integer(requests.count), "in_queue": .integer(waiting),
            "in_progress": .integer(running),
            "ended": .integer(requests.count { $0.phase == .ended }),
            "cancelled": .integer(requests.count { $0.phase == .cancelled }),
            "posts": .integer(world.statistics.withLock { $0.calls[.submit] ?? 0 }),
            "spent_usd": .double(
                requests.reduce(0) { $0 + ($1.phase == .cancelled ? 0 : $1.price) }.inMicrodollars),
            "balance_usd": .optional(balance?.inMicrodollars),
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
            "input_hash": .string(hexadecimal(fingerprint(request.input))),
            "input": (try? JSON(parsing: request.input)) ?? .null,
        ])
    }

    private func faults() -> Answer {
        let faults = world.faults.withLock { book in
            book.standing.map { armed in
                JSON.object([
                    "fault": .string(armed.fault.specification), "hits": .integer(armed.hits),
                ])
            }
        }
        return .json(.object(["faults": .array(faults)]))
    }

    private func change(_ call: Call) -> Answer {
        do {
            let body = try JSON(parsing: call.body)
            let parse = { (list: JSON) in
                try (list.array ?? []).map { try FaultParser.parse($0.string ?? "") }
            }
            let replacing = try body["faults"].map(parse)
            let added = try body["add"].map(parse)
            if replacing == nil, added == nil {
                return ErrorAnswer.code(400000, "expected {\"faults\":[...]} or {\"add\":[...]}", status: 400)
            }
            world.faults.withLock { book in
                if let replacing { book.replace(with: replacing) }
                book.add(added ?? [])
            }
            return faults()
        } catch {
            return ErrorAnswer.code(400000, "\(error)", status: 400)
        }
    }

    private func payIn(_ call: Call) -> Answer {
        guard let money = call.arguments["usd"].flatMap({ Double($0) }), money.isFinite, money >= 0 else {
            return ErrorAnswer.code(400000, "expected ?usd=AMOUNT", status: 400)
        }
        do {
            try world.read { book, now in
                try world.record(.paidIn(money, at: now))
                book.credit(money)
            }
        } catch {
            return ErrorAnswer.code(500001, "\(error)", status: 500)
        }
        return BalanceHandler(world: world).body()
    }
}
