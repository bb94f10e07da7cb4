internal import JSON

/// `GET /v1/models`, `GET /v1/models/categories` and `GET /v1/models/{model_id}`.
struct CatalogueHandler {
    let world: World

    func list(_ call: Call) -> Answer {
        world.count(.models)
        let faults = world.strike(.models, of: nil)
        return FaultyAnswer.apply(faults) {
            let search = (call.arguments["search"] ?? "").lowercased()
            let category = call.arguments["category"] ?? ""
            let kind = faults.contains(.noKind) ? "" : call.arguments["kind"] ?? ""
            let found = ModelList.all.filter { model in
                (search.isEmpty || model.id.contains(search) || model.name.lowercased().contains(search))
                    && (category.isEmpty || model.category == category)
                    && (kind.isEmpty || kind == ModelList.kind)
            }
            let limit = max(1, min(call.arguments["limit"].flatMap { Int($0) } ?? 100, 500))
            let offset = max(0, call.arguments["offset"].flatMap { Int($0) } ?? 0)
            let withSchema = call.arguments["include_schema"] == "true"
            let page = found.dropFirst(offset).prefix(limit).map { entry($0, withSchema: withSchema) }
            return .json(.object(["models": .array(page), "total": .integer(found.count)]))
        }
    }

    func categories() -> Answer {
        world.count(.models)
        return FaultyAnswer.apply(world.strike(.models, of: nil)) {
            let names = Set(ModelList.all.map(\.category)).sorted()
            return .json(.object(["categories": .array(names.map(JSON.string))]))
        }
    }

    func show(_ id: String) -> Answer {
        world.count(.models)
        return FaultyAnswer.apply(world.strike(.models, of: nil)) {
            guard let model = ModelList.model(id) else {
                return ErrorAnswer.code(404001, "ResourceNotFound: no model \(id)", status: 404)
            }
            return .json(entry(model, withSchema: true))
        }
    }

    private func entry(_ model: ModelList.Model, withSchema: Bool) -> JSON {
        let schema = InputCheck.schema(of: model.id)
        let properties = schema?["properties"]?.object?.keys ?? []
        var entry: JSONObject = [
            "model_id": .string(model.id), "display_name": .string(model.name),
            "description": .string("simulated by jobsim"), "categories": .array([.string(model.category)]),
            "kind": .string(ModelList.kind),
            "base_price_usd": .double(model.price),
            "price_unit": .string(model.unit),
            "pricing_note": .string("\(model.price) USD per \(model.unit), of money that does not exist"),
            "model_url": .string("https://www.runcomfy.com/models/\(model.id)"),
            "inputs": .array(properties.map(JSON.string)),
            "required_inputs": schema?["required"] ?? .array([]),
        ]
        if withSchema, let schema { entry["input_schema"] = schema }
        return .object(entry)
    }
}
