internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// How a refusal is written, and those that several verbs share.
extension Failure {
    /// The object of `--json`.
    ///
    /// - Parameter id: the job that is refused, if it is one of several.
    func json(about id: Int64? = nil) -> JSON {
        var error: JSONObject = [
            "kind": .string(code.kind), "message": .string(message), "hint": .optional(hint),
            "violations": .array(
                faults.map {
                    .object([
                        "place": .optional($0.place), "path": .optional($0.path),
                        "message": .string($0.message),
                    ])
                }),
        ]
        if let id { error["id"] = .integer(id) }
        return .object(["error": .object(error)])
    }

    /// A job was named that does not exist.
    static func noJob(_ id: Int64) -> Failure { Failure(.no, "no job \(id)") }
}

extension JobDatabase {
    /// A job that was named by its id.
    func job(_ id: Int64) throws -> Job {
        guard let job = try find(id) else { throw Failure.noJob(id) }
        return job
    }
}

extension Session {
    /// No job is meant: verbs that list say so and end well, all others end with it.
    func nothingMatched(
        _ filter: JobFilter, in store: JobDatabase, hint: String? = nil
    ) throws -> Failure {
        let near = try filter.model.flatMap { try nearModel(to: $0, in: store) }
        return Failure(.no, "no job matches", hint: near.map { "did you mean --model \($0)?" } ?? hint)
    }

    /// Says in a listing why it is empty. Of ids, each that is missing was named already.
    func noteNothingMatched(_ choice: JobChoice, in store: JobDatabase) throws {
        if choice.isEverything { return note("no jobs") }
        if !choice.filter.isEmpty { try noteNothingMatched(choice.filter, in: store) }
    }

    func noteNothingMatched(_ filter: JobFilter, in store: JobDatabase) throws {
        let failure = try nothingMatched(filter, in: store)
        note([failure.message, failure.hint].compactMap { $0 }.joined(separator: "; "))
    }

    /// Says what could not be done, also under `-q`.
    ///
    /// - Parameter id: the job that it is about.
    func complain(_ text: String, about id: Int64? = nil) {
        let words = SafeText.escape(text)
        screen.say(
            wantsJSON ? SafeText.escapeJSON(Failure(.no, words).json(about: id).text) : "jobctl: \(words)")
    }

    /// Says of one of several jobs that it does not exist.
    func complainOfNoJob(_ id: Int64) { complain(Failure.noJob(id).message, about: id) }
}
