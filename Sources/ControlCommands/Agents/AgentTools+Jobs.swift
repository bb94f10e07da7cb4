internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup

/// The tools that look at jobs, wait for them and steer them.
extension AgentTool {
    /// A longer input is left out of lists: `get_job` has it.
    private static let longestInput = 4000

    private static func brief(_ jobs: [JSON]) -> JSON {
        .array(
            jobs.map { job in
                guard var object = job.object, let input = object["input"],
                    input.text.utf8.count > longestInput
                else { return job }
                object["input"] = .null
                return .object(object)
            })
    }

    private static let jobList = ToolSchema.answer(["jobs": ToolSchema.jobs], required: ["jobs"])

    static let listJobs = AgentTool(
        name: "list_jobs", title: "List jobs",
        description: "Jobs, oldest first: the newest 20, or more with limit. Long inputs are left out.",
        effect: .reads,
        input: ToolSchema.object(
            JSONObject(
                ToolSchema.filter.members + [
                    .init(key: "picked", value: ToolSchema.flag("only jobs of which a person picked outputs"))
                ])),
        output: jobList
    ) { session, arguments in
        guard try session.store() != nil else { return .result(.noJobs) }
        let options = arguments.options("state", "model", "label", "since", "picked")
        let answer = try session.call.run(
            ListVerb.self, options + ["--limit=\(arguments.integer("limit") ?? 20)"]
        ).require()
        return .result(ToolResult(structured: answer.with("jobs", brief(answer.objects))))
    }

    static let searchJobs = AgentTool(
        name: "search_jobs", title: "Search jobs",
        description: "Jobs by the words of their prompts, labels and errors, best first.", effect: .reads,
        input: ToolSchema.object(
            JSONObject(
                [
                    .init(
                        key: "words",
                        value: ToolSchema.list(
                            "all must occur; one with a blank in it is a phrase; fox* is a beginning",
                            of: .object(["type": "string"]), atLeast: 1)),
                    .init(
                        key: "not",
                        value: ToolSchema.list("none may occur", of: .object(["type": "string"]))),
                ] + ToolSchema.filter.members), required: ["words"]),
        output: jobList
    ) { session, arguments in
        guard try session.store() != nil else { return .result(.noJobs) }
        let options = arguments.options("not", "state", "model", "label", "since")
        var answer = session.call.run(
            SearchVerb.self, options + ["--limit=\(arguments.integer("limit") ?? 20)"],
            operands: arguments.texts("words"))
        // That nothing was found is an answer.
        if let failure = answer.failure, failure.code == .no {
            (answer.notes, answer.failure) = (answer.notes + [failure.message], nil)
        }
        return .result(
            ToolResult(structured: try answer.require().with("jobs", brief(answer.objects))))
    }

    static let getJob = AgentTool(
        name: "get_job", title: "Show a job",
        description: "Everything about one job: its input, its outputs with their files, and its events.",
        effect: .reads, input: ToolSchema.object(["id": ToolSchema.id], required: ["id"]),
        output: ToolSchema.answer(
            ["job": ToolSchema.job, "events": .object(["type": "array"])], required: ["job", "events"])
    ) { session, arguments in
        let id = arguments.integer("id") ?? 0
        _ = try session.job(id)
        let answer = try session.call.run(ShowVerb.self, [], operands: [String(id)]).require()
        var job = answer.objects.first?.object ?? [:]
        var result = answer.with("events", job["events"] ?? .array([]))
        job["events"] = nil
        result["job"] = .object(job)
        return .result(ToolResult(structured: result))
    }

    static let explainJob = AgentTool(
        name: "explain_job", title: "Explain a job",
        description: "Why a job is not done yet, or how it ended, and what can be done.", effect: .reads,
        input: ToolSchema.object(["id": ToolSchema.id], required: ["id"]),
        output: ToolSchema.answer(
            [
                "id": .object(["type": "integer"]), "state": .object(["type": "string"]),
                "reason": .object(["type": "string"]), "text": .object(["type": "string"]),
                "hint": ToolSchema.optional("string"),
            ], required: ["id", "state", "reason", "text", "hint"])
    ) { session, arguments in
        let id = arguments.integer("id") ?? 0
        _ = try session.job(id)
        let answer = try session.call.run(ExplainVerb.self, [], operands: [String(id)]).require()
        return .result(ToolResult(structured: answer.with(answer.objects.first)))
    }

    static let waitForJobs = AgentTool(
        name: "wait_for_jobs", title: "Wait for jobs",
        description: """
            Waits until all of these jobs have ended, or the time is over: then call it again. Answers with \
            the jobs that have ended, and the ids of those that have not.
            """, effect: .reads,
        input: ToolSchema.object(
            [
                "ids": ToolSchema.ids,
                "timeout_s": .object([
                    "type": "number", "description": "how long, 30 if not given", "minimum": .integer(0),
                    "maximum": .integer(50),
                ]),
            ], required: ["ids"]),
        output: ToolSchema.answer(
            [
                "jobs": ToolSchema.jobs, "done": .object(["type": "boolean"]),
                "unfinished": .object(["type": "array", "items": .object(["type": "integer"])]),
            ], required: ["jobs", "done", "unfinished"])
    ) { session, arguments in
        let ids = arguments.integers("ids")
        let end = ContinuousClock.now + .seconds(min(50, max(0, arguments.double("timeout_s") ?? 30)))
        guard try session.store() != nil else { throw Failure.noJob(ids.first ?? 0) }
        return .later(end: end) { isLast in try look(at: ids, session, isLast) }
    }

    /// One look, as `jobctl wait` takes it. Nil if jobs have not ended yet, unless it is the last one.
    private static func look(
        at ids: [Int64], _ session: AgentSession, _ isLast: Bool
    ) throws -> ToolResult? {
        let answer = session.call.run(WaitVerb.self, ["--timeout=0s"], operands: ids.map { String($0) })
        let isDone = answer.failure == nil
        if let failure = answer.failure {
            guard failure.code == .timedOut else { throw failure }
            guard isLast else { return nil }
        }
        let ended = answer.objects.compactMap { $0["id"]?.integer }
        var result = answer.with("jobs", brief(answer.objects))
        result["done"] = .bool(isDone)
        result["unfinished"] = .array(isDone ? [] : ids.filter { !ended.contains($0) }.map { .integer($0) })
        return ToolResult(structured: result)
    }

    static let cancelJobs = AgentTool(
        name: "cancel_jobs", title: "Cancel jobs",
        description: """
            Cancels jobs, and those that wait for their outputs. What was not sent costs nothing and is \
            given back to the session. What runs already is paid for and fetched all the same.
            """, effect: .destroys,
        input: ToolSchema.object(
            [
                "ids": ToolSchema.ids,
                "give_up": ToolSchema.flag("also jobs that are being downloaded: do without missing files"),
            ], required: ["ids"]),
        output: ToolSchema.answer(
            [
                "jobs": ToolSchema.jobs, "refused": .object(["type": "array"]),
                "ordered_usd": .object(["type": "number"]), "left_usd": ToolSchema.optional("number"),
            ], required: ["jobs", "refused", "ordered_usd", "left_usd"])
    ) { session, arguments in
        guard try session.store() != nil else { throw Failure.noJob(arguments.integers("ids").first ?? 0) }
        let answer = try session.call.run(
            CancelVerb.self, arguments.options("give_up"),
            operands: arguments.integers("ids").map { String($0) }
        ).require()
        var result = answer.with("jobs", brief(answer.objects))
        result["refused"] = .array(answer.refusals)
        result.members += try session.accounts().members
        return .result(ToolResult(structured: result))
    }

    static let pickOutputs = AgentTool(
        name: "pick_outputs", title: "Pick outputs",
        description: """
            Marks outputs of a job as chosen, in place of what was picked before; an empty list takes it \
            back. Jobs with the reference job:ID/pick go on.
            """, effect: .changes,
        input: ToolSchema.object(
            [
                "id": ToolSchema.id,
                "positions": ToolSchema.list(
                    "the numbers of the outputs, from 1",
                    of: .object(["type": "integer", "minimum": .integer(1)])),
            ], required: ["id", "positions"]),
        output: ToolSchema.answer(["job": ToolSchema.job], required: ["job"])
    ) { session, arguments in
        let (id, positions) = (arguments.integer("id") ?? 0, arguments.integers("positions"))
        _ = try session.job(id)
        let answer = try session.call.run(
            PickVerb.self, positions.isEmpty ? ["--none"] : [],
            operands: [String(id)] + positions.map { String($0) }
        ).require()
        return .result(ToolResult(structured: answer.with("job", answer.objects.first ?? .object([:]))))
    }

    static let getFile = AgentTool(
        name: "get_file", title: "Look at a file",
        description: """
            The path of one output's file, and a small preview of it as an image if it is a picture. Without \
            a position: what was picked, or the first.
            """, effect: .reads,
        input: ToolSchema.object(
            [
                "id": ToolSchema.id,
                "position": ToolSchema.integer("the number of the output, from 1", 1...10_000),
                "preview": ToolSchema.flag("false: only the path"),
            ], required: ["id"]),
        output: ToolSchema.answer(
            ["file": .object(["type": "string"]), "preview": .object(["type": "boolean"])],
            required: ["file", "preview"])
    ) { session, arguments in
        let (job, store) = try session.job(arguments.integer("id") ?? 0)
        let output = try store.file(of: job, position: arguments.integer("position"))
        var result = output.json(file: session.file(of: output, store)).object ?? [:]
        let wanted = arguments.isFalse("preview") ? nil : Thumbnailer(store.directory)
        let picture = wanted?.png(of: output)
        result["preview"] = .bool(picture != nil)
        result["notes"] = .array([])
        return .result(ToolResult(structured: result, pictures: picture.map { [$0] } ?? []))
    }
}

extension ToolArguments {
    func isFalse(_ key: String) -> Bool { value(key) == .bool(false) }
}

extension ToolResult {
    /// There is no store yet.
    fileprivate static var noJobs: ToolResult {
        ToolResult(structured: ["jobs": .array([]), "notes": .array(["there is no store yet"])])
    }
}

extension JobDatabase {
    /// An output whose file is here: this one; or else the first that is picked, or the first.
    func file(of job: Job, position: Int64?) throws -> Output {
        let outputs = try outputs(of: job.id)
        let files = outputs.filter(\.hasFile)
        let found =
            position.map { number in files.first { $0.position == number } }
            ?? files.first { $0.pickedAt != nil } ?? files.first
        if let found { return found }
        let which = position.map { "output \($0) of job \(job.id)" } ?? "job \(job.id)"
        let there = outputs.first { $0.isKept && (position ?? $0.position) == $0.position }
        if let there, there.isElsewhere {
            throw Failure(
                .no,
                "\(which) has its files on another machine: "
                    + SafeText.escape(OutputPlaces(directory).place(of: there) ?? ""),
                hint: FileWords.hint(there))
        }
        if let moved = there {
            throw Failure(
                .no, "\(which) has its files in object storage: \(SafeText.escape(moved.object ?? ""))",
                hint: "jobctl files \(job.id) --fetch DIR copies them here")
        }
        throw Failure(
            .no, "\(which) has no file here\(job.state.hasEnded ? "" : " yet"): it is \(job.state.rawValue)",
            hint: job.state.hasEnded ? nil : "wait_for_jobs waits for it")
    }
}
