package import Catalogue
internal import CommandLineTool

/// What is known of models. Orders do not ask where it is from.
package protocol ModelSource {
    func schema(of model: String) throws -> Schema?
    /// The model that was most likely meant by one that nobody knows.
    func nearModel(to typed: String) throws -> String?
    /// The id whose end was typed, where only one known model ends so; else what was typed.
    func fullName(of typed: String) throws -> String
    /// What the order will probably cost; nil where that is not known.
    func price(of order: Order) -> Double?
}

/// Holds orders against the schemas of their models.
package final class Checker {
    package let models: any ModelSource
    /// Takes each thing that a person should know, as it is found: there may be a million of them.
    private let note: (String) -> Void
    /// Set where the same orders come again, and everything has been said.
    package var isSilent = false
    /// Looked up once a model: a batch may name the same one a million times.
    private var schemas: [String: Schema?] = [:]
    /// How many orders are sent against their schemas.
    private var waived = 0

    package init(_ models: any ModelSource, note: @escaping (String) -> Void) {
        (self.models, self.note) = (models, note)
    }

    func say(_ text: String) { if !isSilent { note("note: \(text)") } }

    package func schema(of model: String) throws -> Schema? {
        if let known = schemas[model] { return known }
        try requireSound(model)
        let schema = try models.schema(of: model)
        schemas[model] = .some(schema)
        if schema == nil {
            let near = try models.nearModel(to: model)
            say(
                "no schema is known for \(model), so its input is not checked"
                    + (near.map { "; did you mean \($0)?" } ?? ""))
        }
        return schema
    }

    /// The model that a person means who typed `model`: the whole id, or its end where only one known id ends
    /// so.
    package func model(_ typed: String) throws -> String {
        if schemas[typed] != nil { return typed }
        try requireSound(typed)
        guard let schema = try models.schema(of: typed) else { return try models.fullName(of: typed) }
        schemas[typed] = .some(schema)
        return typed
    }

    private func requireSound(_ model: String) throws {
        guard ModelID.isSound(model) else {
            throw Failure(
                .inputRefused, "\"\(SafeText.escape(DisplayWidth.cut(model, to: 60)))\" is no model id",
                hint: "model ids look like bytedance/seedream-4-0/edit; jobctl models lists what is known")
        }
    }

    /// Refuses an input with every violation, or says them where it is to be sent anyway.
    func check(_ order: Order) throws {
        guard order.terms.validates || !isSilent else { return }
        let violations = order.schema?.violations(in: order.input) ?? []
        if violations.isEmpty { return }
        let lines = violations.map { "  " + SafeText.escape("\($0)") }
        if order.terms.validates {
            throw Failure(
                .inputRefused,
                "the input breaks the schema of \(order.model):\n" + lines.joined(separator: "\n"),
                hint: "jobctl models show \(order.model) tells what it takes; --no-validate sends it anyway")
        }
        waived += 1
        if waived == 1 { sayWaived(lines) }
        if waived == 2 { say("others break their schemas too, and are sent anyway") }
    }

    /// What is sent against the schema is paid for: a key that is misspelt as much as one that the schema
    /// lacks.
    func sayWaived(_ lines: [String]) {
        if isSilent { return }
        say("sent anyway, although the schema says:")
        lines.forEach(note)
    }
}
