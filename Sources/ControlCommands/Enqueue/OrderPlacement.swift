internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders

/// Places orders: has them edited, asks for their price, stores them, and reports.
struct OrderPlacement {
    let session: Session
    let store: JobDatabase?
    /// The verb's name, for the question.
    let name: String
    let consent: Consent
    var arguments: OrderArguments
    /// Whether to ask for any sum, because the jobs were not named one by one.
    var alwaysAsks = false
    /// Whether to say first that jobs are bought, because the verb's name does not say so.
    var announces = false
    /// Throws if the new jobs are more than may be ordered. Asked before they are stored for good.
    var limit: ((Estimate, JobDatabase) throws -> Void)?
    /// With --cascade: what is copied.
    var lineage: Lineage?

    init(_ session: Session, _ store: JobDatabase?, _ name: String) throws {
        (self.session, self.store, self.name) = (session, store, name)
        consent = try Consent(session, store)
        arguments = OrderArguments(
            session, ModelLookup(session: session, store: store, configuration: consent.configuration))
    }

    mutating func place(_ templates: [Template], _ terms: Terms) throws -> ExitCode {
        let matrix = try arguments.matrix()
        let (checker, lineage, store) = (arguments.checker, lineage, store)
        func orders(_ templates: [Template]) throws -> any OrderSource {
            guard let lineage, let store else { return try Expansion(templates, matrix, terms, checker) }
            return try Cascade(lineage, templates, in: store, terms, checker)
        }
        guard session.arguments.has(.edit) else { return try place(try orders(templates)) }
        guard var template = templates.first, templates.count == 1 else {
            throw Failure.usage("--edit takes one job, not \(templates.count)")
        }
        let schema = try checker.schema(of: template.model)
        let text = template.editableText ?? EditableInput(template.model, schema).text(of: template.input)
        let editor = try InputEditor(session, text)
        do {
            let edited = try editor.run { input in
                // A seed that was typed in the editor is one that the person wants.
                if input[SeedSeries.key] != template.input[SeedSeries.key] { template.isCopy = false }
                template.input = input
                return try orders([template])
            }
            let code = try place(edited, whenStored: editor.discard)
            editor.discard()
            return code
        } catch {
            editor.keep()
            throw error
        }
    }

    /// - Parameter whenStored: discards what must be kept until the jobs are stored.
    func place(_ orders: some OrderSource, whenStored: () -> Void = {}) throws -> ExitCode {
        // Read before anything is stored: who corrects a wrong span would order again.
        let timeout = try session.span(.timeout)
        let models = arguments.checker.models
        let isDry = session.arguments.has(.dryRun)
        var sum = Estimate()
        if isDry || consent.needsSum || alwaysAsks || announces {
            var view = OrderView(session, count: orders.count)
            sum = try orders.quote(models, in: store) { if isDry { try view.add($0, $1, $2) } }
            try consent.refuse(above: sum)
            if isDry { return try view.finish(sum) }
        } else {
            try orders.lookAtFiles()
        }
        let wasAsked = try consent.ask(to: name, sum, always: alwaysAsks)
        if announces, !wasAsked, sum.jobs > 0 {
            session.note("\(name) buys \(sum.counted) again (\(sum.words))")
        }
        let agreed = wasAsked || consent.needsSum ? sum : nil
        let pricing = agreed != nil || consent.countsPrices || limit != nil ? models : nil
        // The store is created only now, so that a refused order does not create one.
        let store = try store ?? session.store(.create)
        let files = arguments.checker.files
        defer { files.end(store) }
        try files.begin()
        let (result, job) = try store.transaction {
            let result = try orders.insert(into: store, pricing, agreed: agreed)
            try limit?(result.bought, store)
            return (result, orders.isVaried ? nil : try result.ids.first.flatMap(store.find))
        }
        whenStored()
        if result.hasExisting { try store.syncCommits() }
        session.wake(store.directory)
        let isKnown = wasAsked || announces || result.bought.jobs == 0
        let estimate = isKnown ? nil : "estimate: \(result.bought.words)"
        return try report(result, job, estimate, store, timeout)
    }

    /// - Parameter job: set if only one was ordered.
    private func report(
        _ result: EnqueueResult, _ job: Job?, _ estimate: String?, _ store: JobDatabase, _ timeout: Int64?
    ) throws -> ExitCode {
        if session.arguments.has(.wait) {
            if let note = job.map(result.note(on:)) ?? result.summary { session.note(note) }
            say(estimate)
            return try Waiting(
                session: session, store: store, ids: Array(result.ids), existing: result.existingIDs
            ).run(timeout: timeout)
        }
        if let note = job.flatMap(result.note(on:)) { session.note(note) }
        try show(result, job, store)
        if job == nil {
            try session.screen.flush()
            session.note(result.summary)
        }
        say(estimate)
        session.noteIfNoDaemon(
            store, "the \(job == nil ? "jobs wait" : "job waits") until it runs")
        let isHeld = job.map { $0.state == .held } ?? session.arguments.has(.hold)
        let next = isHeld ? "release" : job?.state.hasEnded == true ? "show" : "wait"
        if let ids = JobIDs.text(of: result.ids) { session.suggest("jobctl \(next) \(ids)") }
        try session.finish(store)
        return .success
    }

    private func say(_ estimate: String?) {
        if let estimate, session.screen.standardErrorIsTerminal { session.note(estimate) }
    }

    /// Writes the jobs: each if it is the only one or each is asked for, else their ids in a pipe.
    private func show(_ result: EnqueueResult, _ only: Job?, _ store: JobDatabase) throws {
        guard only != nil || session.wantsJSON || session.isQuiet || session.arguments.has(.verbose) else {
            let ids = JobIDs.ranges(of: result.ids)
            if !session.screen.isTerminal, !ids.isEmpty {
                try session.screen.write(ids.joined(separator: ",") + "\n")
            }
            return
        }
        let originals = Dictionary(result.copies.map { ($1, $0) }) { $1 }
        for range in result.ranges {
            for id in range.ids { try show(id, only, range.existing, copyOf: originals[id], store) }
        }
    }

    private func show(
        _ id: Int64, _ only: Job?, _ existing: Bool, copyOf original: Int64?, _ store: JobDatabase
    ) throws {
        if session.wantsJSON, let job = try only ?? store.find(id) {
            var members: JSONObject = existing ? ["existing": .bool(true)] : [:]
            if let original { members["copy_of"] = .integer(original) }
            try session.emit(job, in: store, adding: members)
        } else if !session.isQuiet, session.screen.isTerminal, let job = try only ?? store.find(id) {
            try session.screen.write("job \(id) is \(job.state.rawValue)\n")
        } else {
            try session.screen.write("\(id)\n")
        }
    }
}
