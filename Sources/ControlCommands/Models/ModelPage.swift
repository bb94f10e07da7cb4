internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobStore
internal import Spelling

/// `jobctl models show`: what a person needs to know to write a job for a model.
struct ModelPage {
    private let model: KnownModel
    private let screen: Screen

    /// Longer lines are hard to read, even on a wide terminal.
    private static let widest = 100

    /// The model that was meant by its id or the end of it.
    static func model(_ typed: String, _ session: Session, in store: JobDatabase?) throws -> KnownModel {
        let name = try session.fullName(of: typed, in: store)
        guard let model = try session.knownModel(name, in: store) else {
            let models = try session.knownModels(in: store)
            let near = models.first { $0.contains(name) } ?? Suggestion.nearest(to: name, among: models)
            throw Failure(
                .no, "no schema is known for \(SafeText.escape(name))",
                hint: Session.modelHint(didYouMean: near))
        }
        return model
    }

    static func show(_ typed: String, _ session: Session) throws -> ExitCode {
        let model = try model(typed, session, in: try session.storeIfAny())
        if session.wantsJSON {
            try session.emit(model.schema.document)
        } else if session.isQuiet {
            try session.screen.write(SafeText.escape(model.schema.modelID) + "\n")
        } else {
            try ModelPage(model: model, screen: session.screen).write()
        }
        return .success
    }

    private func write() throws {
        let schema = model.schema
        let name = schema.displayName.map { "  " + SafeText.escape($0) } ?? ""
        try screen.write(screen.styled(SafeText.escape(schema.modelID), .bold) + name + "\n")
        try text("price: \(model.price ?? "not known")" + (schema.pricingNote.map { " (\($0))" } ?? ""))
        let isBuiltIn = model.updatedAt == nil
        try text("schema: \(isBuiltIn ? "" : "stored ")\(model.origin(screen))")
        if isBuiltIn { try text("jobctl models refresh asks RunComfy for the price and for changes") }
        for property in schema.properties { try write(property) }
        try writeUnchecked()
        try screen.write("\n" + screen.styled("example", .dim) + "\n")
        try screen.write("  " + SafeText.escape(ExampleCommand.text(for: schema)) + "\n")
    }

    private func write(_ property: Property) throws {
        let words = PropertyWords(property)
        let isRequired = model.schema.required.containsExactly(property.name)
        try screen.write(
            "\n" + screen.styled(SafeText.escape(property.name), .active)
                + (isRequired ? "  " + screen.styled("required", .warning) : "") + "\n")
        let limits = words.limits.isEmpty ? "" : ", " + words.limits
        try text(words.type + limits + (words.choices.isEmpty ? "" : ", one of"))
        if !words.choices.isEmpty { try text(words.choices.joined(separator: " | "), indentation: 6) }
        if let description = property.description, !description.isEmpty { try text(description) }
        if !words.files.isEmpty { try text("each file: " + words.files) }
        if let value = words.defaultText {
            let shown = "the service's default: " + SafeText.escape(value)
            try text(DisplayWidth.cut(shown, to: 2 * (width - 4)))
        }
    }

    /// Rules that only the service checks.
    private func writeUnchecked() throws {
        let lines = model.schema.unchecked
        if lines.isEmpty { return }
        try screen.write("\n" + screen.styled("not checked", .dim) + "\n")
        for line in lines.prefix(20) { try text(line) }
        if lines.count > 20 { try text("and \(lines.count - 20) more") }
    }

    private var width: Int { min(screen.width, Self.widest) }

    private func text(_ text: String, indentation: Int = 4) throws {
        let margin = String(repeating: " ", count: indentation)
        let lines = Paragraph.wrap(SafeText.escape(text), width: width - indentation)
        for line in lines.split(separator: "\n") { try screen.write("\(margin)\(line)\n") }
    }
}
