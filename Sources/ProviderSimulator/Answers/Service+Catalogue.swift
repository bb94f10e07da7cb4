internal import JSON

/// `GET /v1/models`, `GET /v1/models/categories`, `GET /v1/models/{model_id}` and `GET /prod/v2/balance`.
extension Service {
    func models(_ call: Call) -> Answer {
        answer(.models) { faults in
            let search = (call.arguments["search"] ?? "").lowercased()
            let category = call.arguments["category"] ?? ""
            let kind = faults.contains(.noKind) ? "" : call.arguments["kind"] ?? ""
            let found = Model.all.filter { model in
                (search.isEmpty || model.id.contains(search) || model.name.lowercased().contains(search))
                    && (category.isEmpty || model.category == category)
                    && (kind.isEmpty || kind == Model.kind)
            }
            let limit = max(1, min(call.arguments["limit"].flatMap { Int($0) } ?? 100, 500))
            let offset = max(0, call.arguments["offset"].flatMap { Int($0) } ?? 0)
            let withSchema = call.arguments["include_schema"] == "true"
            let page = found.dropFirst(offset).prefix(limit).map { JSON.object(entry($0, withSchema)) }
            return .json(["models": .array(page), "total": .integer(found.count)])
        }
    }

    func categories() -> Answer {
        answer(.models) { _ in
            let names = Set(Model.all.map(\.category)).sorted()
            return .json(["categories": .array(names.map(JSON.string))])
        }
    }

    func model(_ id: String) -> Answer {
        answer(.models) { _ in
            Model.named(id).map { .json(entry($0, true)) }
                ?? .error(404001, "ResourceNotFound: no model \(id)")
        }
    }

    private func entry(_ model: Model, _ withSchema: Bool) -> JSONObject {
        let schema = InputCheck.schema(of: model.id)
        let properties = schema?["properties"]?.object?.keys ?? []
        var entry: JSONObject = [
            "model_id": .string(model.id), "display_name": .string(model.name),
            "description": "simulated by jobsim", "categories": .array([.string(model.category)]),
            "kind": .string(Model.kind), "base_price_usd": .double(model.price),
            "price_unit": .string(model.unit),
            "pricing_note": .string("\(model.price) USD per \(model.unit), of money that does not exist"),
            "model_url": .string("https://www.runcomfy.com/models/\(model.id)"),
            "inputs": .array(properties.map(JSON.string)),
            "required_inputs": schema?["required"] ?? .array([]),
        ]
        if withSchema, let schema { entry["input_schema"] = schema }
        return entry
    }

    func balance() -> JSONObject {
        // An account without a limit shows a number too.
        let money = withBook { book, _ in book.balance ?? 1000 }
        return [
            "balance_usd": .double(money.inMicrodollars),
            "balance_microdollars": .integer(Int((money * 1e6).rounded())), "currency": "USD",
        ]
    }
}
