internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobStore

enum ModelsVerb: ControlVerb {
    static let command = Command(
        "models", "the models whose schemas are known", operands: "[show MODEL | import FILE | forget MODEL]",
        discussion: [
            "Any model id can be enqueued; those listed here have their inputs checked first.",
            "import takes a schema as RunComfy's catalogue gives it ({\"model_id\", \"input_schema\"}, or {\"models\": […]}) "
                + "and puts it in the place of the one in the program; forget takes it away again.",
        ],
        examples: [
            .init("jobctl models", "the list"),
            .init("jobctl models show bytedance/seedream-4-0/edit", "its keys, their types and choices"),
            .init("jobctl models import edit.json", "a newer schema"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let words = session.arguments.operands
        switch (words.first, words.count) {
        case (nil, _): return try list(session)
        case ("show", 2): return try show(words[1], session)
        case ("import", 2): return try importSchemas(words[1], session)
        case ("forget", 2):
            let forgotten = try session.store(.write).forget(model: words[1])
            guard forgotten else {
                throw Failure(.no, "no schema of \(SafeText.escape(words[1])) was stored")
            }
            return .success
        default: throw Failure.usage("models takes show MODEL, import FILE or forget MODEL")
        }
    }

    private static func list(_ session: Session) throws -> ExitCode {
        let store = try session.storeIfAny()
        var table = Table([.init("MODEL"), .init("SCHEMA"), .init("NEEDS", isFlexible: true)])
        for model in try session.knownModels(in: store) {
            guard let schema = try session.schema(of: model, in: store) else { continue }
            let isStored = try store?.storedModel(model) != nil
            if session.wantsJSON {
                try session.emit(
                    .object([
                        "model": .string(model), "stored": .bool(isStored),
                        "required": .array(schema.required.map(JSON.string)), "document": schema.document,
                    ]))
            } else if session.isQuiet {
                try session.screen.write("\(model)\n")
            } else {
                let needs = schema.required.joined(separator: ", ")
                table.add([.init(model), .init(isStored ? "stored" : "built in"), .init(needs)])
            }
        }
        try session.screen.write(table)
        return .success
    }

    private static func show(_ model: String, _ session: Session) throws -> ExitCode {
        let store = try session.storeIfAny()
        guard let schema = try session.schema(of: model, in: store) else {
            let near = try session.knownModels(in: store).first { $0.contains(model) }
            throw Failure(
                .no, "no schema is known for \(SafeText.escape(model))",
                hint: near.map { "did you mean \($0)?" } ?? "jobctl models lists what is known")
        }
        if session.wantsJSON {
            try session.emit(schema.document)
            return .success
        }
        let screen = session.screen
        try screen.write(screen.styled(SafeText.escape(model), .bold) + "\n")
        for property in schema.properties {
            let isRequired = schema.required.contains(property.name)
            let title = screen.styled(SafeText.escape(property.name), .active)
            try screen.write(
                "\n\(title)  \(SafeText.escape(describe(property)))\(isRequired ? "  required" : "")\n")
            if !property.choices.isEmpty {
                let choices = property.choices.map { $0.string ?? $0.text }.joined(separator: " | ")
                try indent(choices, screen)
            }
            if let text = property.description, !text.isEmpty { try indent(text, screen) }
            if let value = property.defaultValue {
                try indent("the service's default: \(value.text)", screen)
            }
            for rule in property.validations { try indent("file: \(rule.message ?? rule.rule)", screen) }
        }
        try screen.write("\n\(screen.styled("example", .dim))\n  \(SafeText.escape(example(schema)))\n")
        return .success
    }

    private static func indent(_ text: String, _ screen: Screen) throws {
        let lines = Paragraph.wrap(SafeText.escape(text), width: min(screen.width, 100) - 4).split(
            separator: "\n")
        for line in lines { try screen.write("    \(line)\n") }
    }

    private static func describe(_ property: Property) -> String {
        var words = [property.type?.rawValue ?? "any"]
        if property.isList, let item = property.itemType { words[0] += " of \(item.rawValue)" }
        if property.isFile { words.append("file URL (https)") }
        if let most = property.rule.maxLength { words.append("at most \(most) characters") }
        switch (property.minItems, property.maxItems) {
        case (let least?, let most?): words.append("\(least) to \(most) of them")
        case (let least?, nil): words.append("at least \(least) of them")
        case (nil, let most?): words.append("at most \(most) of them")
        case (nil, nil): break
        }
        return words.joined(separator: ", ")
    }

    /// A command that gives what is required and nothing else.
    private static func example(_ schema: Schema) -> String {
        let pairs = schema.required.map { name in
            guard let property = schema[name] else { return "\(name)=…" }
            if property.isFile { return "\(name)=https://example.com/picture.png" }
            if let choice = property.choices.first { return "\(name)='\(choice.string ?? choice.text)'" }
            return property.type == .string ? "\(name)='…'" : "\(name)=…"
        }
        return (["jobctl enqueue \(schema.modelID)"] + pairs).joined(separator: " ")
    }

    private static func importSchemas(_ path: String, _ session: Session) throws -> ExitCode {
        let found: [(model: String, document: String)]
        do {
            let document = try JSON(parsing: try InputReader(path).all())
            found = try (document["models"]?.array ?? [document]).map { entry in
                guard let model = entry["model_id"]?.string else {
                    throw Failure(.inputRefused, "\"model_id\" is missing")
                }
                _ = try Schema(modelID: model, document: entry)
                return (model, entry.text)
            }
        } catch let error as JSONError {
            throw Failure(.inputRefused, SafeText.escape("\(path) is malformed JSON: \(error)"))
        } catch let error as SchemaError {
            throw Failure(.inputRefused, SafeText.escape("\(path) holds no schema: \(error)"))
        }
        try session.store(.create).store(models: found)
        for (model, _) in found { try session.screen.write(SafeText.escape(model) + "\n") }
        return .success
    }
}
