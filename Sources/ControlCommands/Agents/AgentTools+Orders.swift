internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders

/// The tools that know models and prices, and that order.
extension AgentTool {
    static let listModels = AgentTool(
        name: "list_models", title: "List models",
        description: "The known models with their prices. get_model has the schema of one.", effect: .reads,
        input: ToolSchema.object([
            "words": ToolSchema.list(
                "only models whose names contain all of these", of: .object(["type": "string"]))
        ]),
        output: ToolSchema.answer(
            ["models": .object(["type": "array", "items": .object(["type": "object"])])],
            required: ["models"])
    ) { session, arguments in
        let answer = try session.call.run(ModelsVerb.self, []) { verb in
            for model in try verb.catalogue(in: try verb.storeIfAny())
            where model.matches(arguments.texts("words")) {
                var summary = model.json
                summary["document"] = nil
                try verb.emit(.object(summary))
            }
            return .success
        }.require()
        return .result(ToolResult(structured: answer.with("models", .array(answer.objects))))
    }

    static let getModel = AgentTool(
        name: "get_model", title: "A model's schema",
        description: "What a model takes: the JSON Schema of its input, its price, and limits of files.",
        effect: .reads, input: ToolSchema.object(["model": ToolSchema.model], required: ["model"]),
        output: ToolSchema.answer(
            ["model": .object(["type": "string"]), "document": .object(["type": "object"])],
            required: ["model", "document"])
    ) { session, arguments in
        let answer = try session.call.run(ModelsVerb.self, []) { verb in
            let store = try verb.storeIfAny()
            try verb.emit(
                .object(try ModelPage.model(arguments.required("model"), verb, in: store).json))
            return .success
        }.require()
        return .result(ToolResult(structured: answer.with(answer.objects.first)))
    }

    private static let order: JSONObject = [
        "model": ToolSchema.model, "input": ToolSchema.input,
        "label": ToolSchema.text("a word to find the job by"),
        "priority": ToolSchema.integer(
            "jobs with a higher priority are sent first", Int64(Int32.min)...Int64(Int32.max)),
        "not_before": ToolSchema.text("do not send it earlier: 2h, 22:00, or RFC 3339"),
        "hold": ToolSchema.flag("set it aside until a person releases it"),
    ]

    static let priceOrder = AgentTool(
        name: "price_order", title: "Price an order",
        description: "Checks an order as enqueue would, and says what it would cost. Nothing is stored.",
        effect: .reads,
        input: ToolSchema.object(
            JSONObject(
                order.members
                    + [.init(key: "key", value: ToolSchema.text("the key that the order will have"))]),
            required: ["model", "input"]),
        output: ToolSchema.answer(
            [
                "model": .object(["type": "string"]), "input": .object(["type": "object"]),
                "price_usd": ToolSchema.optional("number"), "ordered_usd": .object(["type": "number"]),
                "left_usd": ToolSchema.optional("number"), "refusal": ToolSchema.optional("string"),
            ], required: ["model", "input", "price_usd", "ordered_usd", "left_usd", "refusal"])
    ) { session, arguments in
        let options = try orderOptions(session, arguments)
        let answer = try session.call.run(EnqueueVerb.self, options + ["--dry-run"]) { verb in
            try place(arguments, verb, limit: nil)
        }.require()
        var result = answer.with(answer.objects.first)
        result.members += try session.accounts().members
        var estimate = Estimate()
        estimate.add(result["price_usd"]?.double)
        result["refusal"] = .null
        if let store = try session.store() {
            do { try session.bounds.check(estimate, in: store) } catch let failure as Failure {
                result["refusal"] = .string(failure.message)
            }
        } else if let most = session.bounds.most, estimate.unpriced > 0 || estimate.dollars > most {
            result["refusal"] = "this is more than the session may order"
        }
        return .result(ToolResult(structured: result))
    }

    static let enqueue = AgentTool(
        name: "enqueue", title: "Order a job",
        description: """
            Orders one job, which is paid for. The key names the order: the same key again buys nothing and \
            answers with the job that has it. The answer comes when the job is on disk; wait_for_jobs waits \
            for its files.
            """, effect: .changes,
        input: ToolSchema.object(
            JSONObject(
                [
                    .init(
                        key: "key",
                        value: ToolSchema.text(
                            "a name for this order, such as film-scene-3; repeat it, never reuse it"))
                ] + order.members), required: ["key", "model", "input"]),
        output: ToolSchema.answer(
            [
                "job": ToolSchema.job, "existing": .object(["type": "boolean"]),
                "ordered_usd": .object(["type": "number"]), "left_usd": ToolSchema.optional("number"),
            ], required: ["job", "existing", "ordered_usd", "left_usd"])
    ) { session, arguments in
        _ = try arguments.required("key")
        var options = try orderOptions(session, arguments)
        if session.isAgreed { options.append("--yes") }
        var price = 0.0
        let answer = try session.call.run(EnqueueVerb.self, options) { verb in
            try place(arguments, verb) { estimate, store in
                try session.bounds.check(estimate, in: store)
                price = estimate.dollars
            }
        }.require()
        guard var job = answer.objects.first?.object, let id = job["id"]?.integer else {
            throw Failure(.bug, "the order has no answer")
        }
        let isKnown = job["existing"]?.bool ?? false
        job["existing"] = nil
        if !isKnown { session.bounds.add(id, price: price) }
        var result = answer.with("job", .object(job))
        result["existing"] = .bool(isKnown)
        result.members += try session.accounts().members
        return .result(ToolResult(structured: result))
    }

    private static func orderOptions(_ session: AgentSession, _ arguments: ToolArguments) throws -> [String] {
        let label = try session.bounds.label(asked: arguments.text("label")).map { ["--label=\($0)"] } ?? []
        return label + arguments.options("key", "priority", "not_before", "hold")
    }

    /// Places the order as `jobctl enqueue` does.
    private static func place(
        _ arguments: ToolArguments, _ verb: Session, limit: ((Estimate, JobDatabase) throws -> Void)?
    ) throws -> ExitCode {
        let store = try verb.storeIfAny(verb.arguments.has(.dryRun) ? .read : .write)
        var placement = try OrderPlacement(verb, store, "enqueue")
        placement.limit = limit
        let model = try placement.arguments.checker.model(arguments.required("model"))
        let template = Template(model: model, input: arguments.object("input"))
        return try placement.place([template], try placement.arguments.terms(labelIsNew: true))
    }
}

extension VerbCall.Answer {
    /// An answer of one member, and the notes.
    func with(_ key: String, _ value: JSON) -> JSONObject { with(.object([key: value])) }

    func with(_ object: JSON?) -> JSONObject {
        var result = object?.object ?? [:]
        result["notes"] = .array(notes.map(JSON.string))
        return result
    }
}
