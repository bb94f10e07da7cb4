package import Catalogue
internal import CommandLineTool
internal import JSON
package import JobModel

/// What is known about models.
package protocol ModelSource {
    func schema(of model: String) throws -> Schema?
    func knownModels() throws -> [String]
    /// The known model that was most likely meant by an unknown one.
    func nearModel(to typed: String) throws -> String?
    /// The whole id, if `typed` is the end of only one known id; otherwise what was typed.
    func fullName(of typed: String) throws -> String
    /// The estimated price; nil if it is not known.
    func price(of order: Order) -> Double?
    /// The id of the job that has a key.
    func holder(of key: String) throws -> Int64?
    /// The job that a reference names.
    func source(of reference: Reference) throws -> Source?
}

/// Checks orders against the schemas of their models.
package final class Checker {
    package let models: any ModelSource
    package let files: LocalFiles
    /// Whether what is probably mistyped is refused.
    private let validates: Bool
    /// Receives each note as it is found: there may be a million of them.
    private let note: (String) -> Void
    /// Set when the orders are visited again, and all notes have been given.
    package var isSilent = false
    /// Each model is looked up once: a batch may name the same one a million times.
    private var schemas: [String: Schema?] = [:]
    /// What references may name before it is stored: the earlier lines of a batch, by their keys.
    private var earlier: [ExactText: Source] = [:]
    /// The same for copies, by the jobs that they are copies of.
    private var copies: [Int64: Source] = [:]
    /// How many orders are sent although they break their schema.
    private var waived = 0

    package init(
        _ models: any ModelSource, _ files: LocalFiles, validates: Bool = true,
        note: @escaping (String) -> Void
    ) {
        (self.models, self.files, self.validates, self.note) = (models, files, validates, note)
    }

    func say(_ text: String) { if !isSilent { note("note: \(text)") } }

    package func schema(of model: String) throws -> Schema? {
        if let known = schemas[model] { return known }
        try requireSound(model)
        let schema = try models.schema(of: model)
        if schema == nil, validates { try refuseIfMistyped(model) }
        schemas[model] = .some(schema)
        if schema == nil {
            let near = try models.nearModel(to: model)
            say(
                "no schema is known for \(model), so its input is not checked"
                    + (near.map { "; did you mean \($0)?" } ?? ""))
        }
        return schema
    }

    /// The model that was meant: what was typed, or the only known id that ends in it.
    package func model(_ typed: String) throws -> String {
        if schemas[typed] != nil { return typed }
        try requireSound(typed)
        guard let schema = try models.schema(of: typed) else { return try models.fullName(of: typed) }
        schemas[typed] = .some(schema)
        return typed
    }

    private func refuseIfMistyped(_ model: String) throws {
        guard let meant = ModelName.meant(by: model, among: try models.knownModels()) else { return }
        throw Failure(
            .inputRefused, SafeText.escape("no model \(model) is known; did you mean \(meant)?"),
            hint: "--no-validate sends it as it is; jobctl models refresh asks RunComfy for new models")
    }

    private func requireSound(_ model: String) throws {
        guard ModelID.isSound(model) else {
            throw Failure(
                .inputRefused, "\"\(SafeText.escape(DisplayWidth.cut(model, to: 60)))\" is not a model id",
                hint: "model ids look like bytedance/seedream-4-0/edit; jobctl models lists the known ones")
        }
    }

    func source(of reference: Reference) throws -> Source? {
        try models.source(of: reference) ?? earlier[ExactText(reference.source)]
    }

    func copy(of job: Int64) -> Source? { copies[job] }

    /// Whether the number in a reference is both the id of a job and the key of another one.
    func isAmbiguous(_ reference: Reference) throws -> Bool {
        guard let id = reference.id else { return false }
        if earlier[ExactText(reference.source)] != nil { return true }
        return try models.holder(of: reference.source).map { $0 != id } ?? false
    }

    /// Whether a job, or an earlier order, has the key.
    func isKey(_ text: String) throws -> Bool {
        try earlier[ExactText(text)] != nil || models.holder(of: text) != nil
    }

    /// Later orders may refer to this one, by its key or as a copy.
    func remember(_ order: Order) {
        guard order.copy != nil || order.terms.key != nil else { return }
        let outputs = Schema.outputsAskedFor(by: order.input, schema: order.schema)
        let source = Source(id: nil, .queued, asked: outputs)
        if let copy = order.copy {
            copies[copy.original] = source
        } else if let key = order.terms.key {
            earlier[ExactText(key)] = source
        }
    }

    /// Refuses an input and names every violation, or only notes them if it is sent anyway.
    func check(_ order: Order) throws {
        let broken = try referenceFaults(order).map { Failure.Fault($0) }
        guard broken.isEmpty else {
            throw Failure(.inputRefused, "the input cannot be made from these jobs", faults: broken)
        }
        let unsendable = try fileFaults(order).map { Failure.Fault($0) }
        guard unsendable.isEmpty else {
            throw Failure(.inputRefused, "the files of the input cannot be sent", faults: unsendable)
        }
        guard order.terms.validates || !isSilent else { return }
        let violations = try violations(of: order)
        if violations.isEmpty { return }
        let faults = violations.map { Failure.Fault($0) }
        if order.terms.validates {
            throw Failure(
                .inputRefused, "the input breaks the schema of \(order.model)",
                hint: "jobctl models show \(order.model) shows what it takes; --no-validate sends it anyway",
                faults: faults)
        }
        waived += 1
        if waived == 1 { sayWaived(faults) }
        if waived == 2 { say("other inputs break their schemas too and are sent anyway") }
    }

    /// Jobs that break the schema are paid for, even if the cause is only a misspelt key.
    func sayWaived(_ faults: [Failure.Fault]) {
        if isSilent { return }
        say("sent anyway, although the schema says:")
        for fault in faults { note("  \(fault)") }
    }
}

extension Failure.Fault {
    package init(_ violation: Violation, in place: String? = nil) {
        self.init(
            place: place, path: SafeText.escape(violation.path), SafeText.escape(violation.message))
    }
}
