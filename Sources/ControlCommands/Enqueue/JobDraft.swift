internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Policy

/// Turns what a person gave into a job, or into every reason why it cannot be one.
struct JobDraft {
    let session: Session
    let store: JobDatabase?
    private let models: ModelCatalogue
    /// The models that were looked at: a batch may name the same one a million times.
    private var seen: Set<String> = []
    /// Whether it says what is sent against a schema, as it will be paid for.
    var saysWhatIsWaived = false
    /// How many jobs that are.
    private var waived = 0

    init(_ session: Session, _ store: JobDatabase?) {
        self.session = session
        self.store = store
        models = session.models(in: store)
    }

    mutating func schema(of model: String) throws -> Schema? {
        if seen.contains(model) { return try models.schema(of: model) }
        try check(model: model)
        let schema = try models.schema(of: model)
        seen.insert(model)
        if schema == nil {
            let near = try session.nearModel(to: model, in: store)
            session.note(
                "note: no schema is known for \(model), so its input is not checked"
                    + (near.map { "; did you mean \($0)?" } ?? ""))
        }
        return schema
    }

    /// The model that a person means who typed `model`: the whole id, or its end where only one known id ends
    /// so.
    mutating func model(_ typed: String) throws -> String {
        if seen.contains(typed) { return typed }
        try check(model: typed)
        guard try models.schema(of: typed) == nil else { return typed }
        return try session.fullName(of: typed, in: store)
    }

    private func check(model: String) throws {
        guard ModelID.isSound(model) else {
            throw Failure(
                .inputRefused, "\"\(SafeText.escape(DisplayWidth.cut(model, to: 60)))\" is no model id",
                hint: "model ids look like bytedance/seedream-4-0/edit; jobctl models lists what is known")
        }
    }

    /// The input of a job that was given as one JSON text.
    func input(_ bytes: [UInt8]) throws -> JSON {
        do throws(JSONError) {
            let input = try JSON(parsing: bytes, .strict)
            guard input.object != nil else {
                throw JSONError(reason: "the input is no JSON object", line: 1, column: 1)
            }
            return input
        } catch {
            throw Failure(.inputRefused, SafeText.escape("the input is malformed JSON: \(error)"))
        }
    }

    /// Checks the input, and says every violation.
    mutating func job(_ model: String, _ input: JSON, validates: Bool) throws -> NewJob {
        var job = NewJob(model: model, input: input.text)
        job.validation = try validation(model, input, validates: validates)
        return job
    }

    /// The same for the input alone.
    mutating func validation(_ model: String, _ input: JSON, validates: Bool) throws -> Job.Validation {
        let schema = try schema(of: model)
        guard validates || saysWhatIsWaived else { return .waived }
        let violations = schema?.violations(in: input) ?? []
        if violations.isEmpty { return validates ? .passed : .waived }
        let lines = violations.map { "  " + SafeText.escape("\($0.path): \($0.message)") }
        guard validates else {
            waived += 1
            if waived == 1 { noteWaived(lines) }
            if waived == 2 { session.note("note: others break their schemas too, and are sent anyway") }
            return .waived
        }
        throw Failure(
            .inputRefused, "the input breaks the schema of \(model):\n" + lines.joined(separator: "\n"),
            hint: "jobctl models show \(model) tells what it takes; --no-validate sends it anyway")
    }

    /// What is sent against the schema is paid for: a key that is misspelt as much as one that the schema
    /// lacks.
    func noteWaived(_ lines: [String]) {
        session.note("note: sent anyway, although the schema says:")
        for line in lines { session.note(line) }
    }
}
