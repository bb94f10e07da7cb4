internal import JSON
internal import System

/// `POST /v1/models/{model_id}`: the call that costs money.
extension Service {
    func submit(_ call: Call, model: String) -> Answer {
        count(.submit)
        guard Model.isWellFormed(model), !options.strictModels || Model.named(model) != nil else {
            return .error(400001, "InvalidResourceIdentifier: no model \(model)")
        }
        let input: JSON
        let orders: [Fault]
        do {
            input = try JSON(parsing: call.body)
            orders = try FaultParser.parse(prompt: OutputPlan.prompt(of: input))
        } catch {
            return .unprocessable([(path: [], message: "\(error)")])
        }
        guard input.object != nil else {
            return .unprocessable([(path: [], message: "the input must be an object")])
        }
        let text = input.text
        let struck = faults.withLock { book in
            let own = book.order(orders.filter { $0.call == .submit }, for: fingerprint(model + text))
            return book.strike(.submit, model: model, own: own)
        }
        let replacement = struck.replacement
        if let replacement, !replacement.isAccepted { return replacement.answer }
        let problems = InputCheck.problems(
            model: model, input: input, acceptsData: !struck.contains(.noData))
        if !problems.isEmpty { return .unprocessable(problems) }
        if let fault = struck[.noBalance] {
            return .noBalance("the account is empty", status: fault.httpStatus)
        }
        return accept(model, input, text, faults: orders.filter { $0.call != .submit }) { id in
            struck.spoil(replacement?.answer ?? accepted(id, call, struck))
        }
    }

    /// Takes the money and writes the ledger. The request exists only after that.
    private func accept(
        _ model: String, _ input: JSON, _ text: String, faults jobFaults: [Fault],
        answer: (_ id: String) -> Answer
    ) -> Answer {
        var numbers = nextNumbers()
        let id = Self.identifier(&numbers)
        let plan = OutputPlan(model: model, input: input, requestID: id, imageWidth: options.imageWidth)
        let price = Model.price(of: plan, model: model)
        let timing = faults.withLock {
            $0.strike(.job, model: model, own: jobFaults.map(ArmedFault.init))
        }
        var request = Request(
            id: id, model: model, input: text, price: price, acceptedAt: clock.now,
            queueSeconds: timing[.queue]?.seconds ?? vary(options.queueSeconds, &numbers),
            runSeconds: timing[.run]?.seconds ?? vary(options.runSeconds, &numbers))
        request.faults = jobFaults.map(ArmedFault.init)
        request.awaitsInputs = fetcher != nil
        guard withBook({ book, _ in book.charge(price) }) else {
            return .noBalance("the balance does not cover \(price) USD")
        }
        do {
            try record(.accepted(request))
        } catch {
            withBook { book, _ in book.credit(price) }
            return .error(500001, "\(error)")
        }
        withBook { book, _ in book.accept(request) }
        fetcher?.add(request)
        statistics.withLock { $0.accepted += 1 }
        return answer(id)
    }

    private func accepted(_ id: String, _ call: Call, _ faults: [Fault]) -> Answer {
        let base = faults.contains(.foreignURLs) ? "https://elsewhere.example.com" : call.base
        var body: JSONObject = ["request_id": .string(id)]
        body.members += urls(of: id, base: base, ["status", "result", "cancel"])
        if faults.contains(.noID) { body["request_id"] = nil }
        if let fault = faults[.badID] { body["request_id"] = .string(fault.value ?? "../../etc/passwd") }
        return .json(body)
    }

    /// The members of an answer that say where a request's calls are.
    func urls(of id: String, base: String, _ calls: [String]) -> [JSONObject.Member] {
        calls.map { .init(key: "\($0)_url", value: .string("\(base)/v1/requests/\(id)/\($0)")) }
    }

    private func vary(_ seconds: Double, _ numbers: inout SplitMix) -> Double {
        seconds * (1 + options.jitter * (2 * numbers.fraction() - 1))
    }

    /// In the form of a UUID, as the service's are.
    private static func identifier(_ numbers: inout SplitMix) -> String {
        let digits = Array(hexadecimal(numbers.next()) + hexadecimal(numbers.next()))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
