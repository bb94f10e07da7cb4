internal import JSON
internal import System

/// `POST /v1/models/{model_id}`: the call that costs money.
struct SubmitHandler {
    let world: World

    func answer(_ call: Call, model: String) -> Answer {
        world.count(.submit)
        guard ModelList.isWellFormed(model), !world.options.strictModels || ModelList.model(model) != nil
        else {
            return ErrorAnswer.code(400001, "InvalidResourceIdentifier: no model \(model)", status: 400)
        }
        let input: JSON
        let orders: [Fault]
        do {
            input = try JSON(parsing: call.body)
            orders = try FaultParser.parse(prompt: OutputPlan.prompt(of: input))
        } catch {
            return ErrorAnswer.unprocessable([(path: [], message: "\(error)")])
        }
        guard input.object != nil else {
            return ErrorAnswer.unprocessable([(path: [], message: "the input must be an object")])
        }
        let text = input.text
        let struck = world.faults.withLock { book in
            let own = book.order(orders.filter { $0.call == .submit }, for: fingerprint(model + text))
            return book.strike(.submit, model: model, own: own)
        }
        let replacement = FaultyAnswer.replacement(struck)
        if let replacement, !FaultyAnswer.accept(struck) { return replacement }
        let problems = InputCheck.problems(
            model: model, input: input, acceptsData: !struck.contains(.noData))
        if !problems.isEmpty { return ErrorAnswer.unprocessable(problems) }
        if let fault = struck[.noBalance] {
            return ErrorAnswer.noBalance("the account is empty", status: fault.httpStatus)
        }
        let jobFaults = orders.filter { $0.call != .submit }
        switch accept(model: model, input: input, text: text, faults: jobFaults) {
        case .success(let id):
            return FaultyAnswer.spoil(replacement ?? accepted(id, call, struck), struck)
        case .failure(let refusal): return refusal.answer
        }
    }

    private struct Refusal: Error {
        var answer: Answer
    }

    /// Takes the money, writes the ledger, and only then knows the request.
    private func accept(
        model: String, input: JSON, text: String, faults: [Fault]
    ) -> Result<String, Refusal> {
        var numbers = world.nextNumbers()
        let id = Self.identifier(&numbers)
        let plan = OutputPlan(model: model, input: input, requestID: id, imageWidth: world.options.imageWidth)
        let price = ModelList.price(of: plan, model: model)
        let timing = world.faults.withLock { $0.strike(.job, model: model, own: faults.map(ArmedFault.init)) }
        var request = Request(
            id: id, model: model, input: text, price: price, acceptedAt: world.clock.now,
            queueSeconds: timing[.queue]?.seconds ?? vary(world.options.queueSeconds, &numbers),
            runSeconds: timing[.run]?.seconds ?? vary(world.options.runSeconds, &numbers))
        request.faults = faults.map(ArmedFault.init)
        guard world.read({ book, _ in book.charge(price) }) else {
            return .failure(
                Refusal(answer: ErrorAnswer.noBalance("the balance does not cover \(price) USD")))
        }
        do {
            try world.record(.accepted(request))
        } catch {
            world.read { book, _ in book.credit(price) }
            return .failure(Refusal(answer: ErrorAnswer.code(500001, "\(error)", status: 500)))
        }
        world.read { book, _ in book.accept(request) }
        world.statistics.withLock { $0.accepted += 1 }
        return .success(id)
    }

    private func accepted(_ id: String, _ call: Call, _ faults: [Fault]) -> Answer {
        let base = faults.contains(.foreignURLs) ? "https://elsewhere.example.com" : call.base
        let urls = RequestURLs(base: base, id: id)
        var body: JSONObject = [
            "request_id": .string(id), "status_url": .string(urls.status), "result_url": .string(urls.result),
            "cancel_url": .string(urls.cancel),
        ]
        if faults.contains(.noID) { body["request_id"] = nil }
        if let fault = faults[.badID] { body["request_id"] = .string(fault.value ?? "../../etc/passwd") }
        return .json(.object(body))
    }

    private func vary(_ seconds: Double, _ numbers: inout SplitMix) -> Double {
        seconds * (1 + world.options.jitter * (2 * numbers.fraction() - 1))
    }

    /// In the form of a UUID, as the service's are.
    private static func identifier(_ numbers: inout SplitMix) -> String {
        let digits = Array(hexadecimal(numbers.next()) + hexadecimal(numbers.next()))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
