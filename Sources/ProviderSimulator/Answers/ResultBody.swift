internal import JSON

/// The body of a `/result` answer.
struct ResultBody {
    let service: Service
    let request: Request
    let faults: [Fault]

    func members(for call: Call) -> JSONObject {
        let digits = faults[.timeDigits]?.count ?? 6
        var body: JSONObject = [
            "request_id": .string(request.id), "status": .string(faults.spelling(of: word)),
            "created_at": .string(UTCTime(request.acceptedAt).iso(digits: digits)),
        ]
        if faults.contains(.echo) { body["input"] = echoedInput(call) }
        if word == "in_queue" || word == "in_progress" { return body }
        if let end = request.endedAt { body["finished_at"] = .string(UTCTime(end).iso(digits: digits)) }
        if word == "failed" {
            // RunComfy's own clients take a top-level error_code for a failure of the call itself.
            let error = Answer.members(
                faults[.failed]?.body ?? .errorObject,
                message: request.inputFault ?? "simulated failure of the model", code: 500100)
            body.members += error?.members ?? []
        }
        if word == "succeeded" { body["output"] = output(call) }
        if call.arguments["include_cost"] == "true", !faults.contains(.noCost), word != "cancelled" {
            body["cost"] = faults.contains(.nullCost) ? .null : .double(request.price)
        }
        return body
    }

    /// The word for the state, before a fault changes its spelling.
    private var word: String {
        switch request.phase {
        case .inQueue, .inProgress, .cancelled: request.phase.rawValue
        case .ended:
            if faults.contains(.notYet) {
                "in_progress"
            } else if faults.contains(.failed) || request.inputFault != nil {
                "failed"
            } else {
                faults.contains(.cancelled) ? "cancelled" : "succeeded"
            }
        }
    }

    private func output(_ call: Call) -> JSON {
        if faults.contains(.empty) { return .object([:]) }
        let plan = service.plan(of: request)
        let count = faults[.many]?.count ?? max(0, plan.count - (faults[.fewer]?.count ?? 0))
        var base = call.base
        if let fault = faults[.foreignHost] { base = "https://" + (fault.value ?? "outputs.example.net") }
        let folder = "\(base)/files/\(request.id)/" + service.mark()
        var urls = (0..<count).map { "\(folder)\($0 + 1).\(plan.kind.fileExtension)" }
        if let fault = faults[.privateRedirect] {
            urls = urls.map { $0 + "?to=http://" + (fault.value ?? "10.0.0.1") + "/" }
        }
        if faults.contains(.duplicateURL), let first = urls.first { urls.append(first) }
        let shape = faults[.shape]?.value.flatMap { OutputShape(rawValue: $0) }
        return (shape ?? .usual(plan, count: urls.count)).output(urls)
    }

    /// The input, and a URL that a careless reader would take for an output.
    private func echoedInput(_ call: Call) -> JSON {
        var input = (try? JSON(parsing: request.input))?.object ?? [:]
        input["image"] = .string("\(call.base)/files/\(request.id)/input.png")
        return .object(input)
    }
}
