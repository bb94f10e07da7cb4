internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// Turns what a person gave into a job, or into every reason why it cannot be one.
struct JobDraft {
    let session: Session
    let store: JobDatabase?
    /// Looked up once a model: a batch may name the same one a million times.
    private var schemas: [String: Schema?] = [:]

    init(_ session: Session, _ store: JobDatabase?) {
        self.session = session
        self.store = store
    }

    mutating func schema(of model: String) throws -> Schema? {
        if let known = schemas[model] { return known }
        try check(model: model)
        let schema = try session.schema(of: model, in: store)
        schemas[model] = .some(schema)
        if schema == nil {
            let near = try session.nearModel(to: model, in: store)
            session.note(
                "note: no schema is known for \(model), so its input is not checked"
                    + (near.map { "; did you mean \($0)?" } ?? ""))
        }
        return schema
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
        let schema = try schema(of: model)
        var job = NewJob(model: model, input: input.text)
        guard validates else {
            job.validation = .waived
            return job
        }
        let violations = schema?.violations(in: input) ?? []
        guard violations.isEmpty else {
            let lines = violations.map { "\n  " + SafeText.escape("\($0.path): \($0.message)") }.joined()
            throw Failure(
                .inputRefused, "the input breaks the schema of \(model):\(lines)",
                hint: "jobctl models show \(model) tells what it takes; --no-validate sends it anyway")
        }
        job.validation = .passed
        return job
    }
}
