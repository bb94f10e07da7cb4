internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders

/// Takes orders: edits them, says what they come to, asks, stores, and answers.
struct Ordering {
    let session: Session
    let store: JobDatabase?
    /// The verb's name, in the question.
    let name: String
    let consent: Consent
    var arguments: OrderArguments
    /// Whether to ask whatever the sum, as the jobs were not named one by one.
    var alwaysAsks = false
    /// Whether it says first that something is bought, as the verb's name does not.
    var announces = false

    init(_ session: Session, _ store: JobDatabase?, _ name: String) throws {
        (self.session, self.store, self.name) = (session, store, name)
        consent = try Consent(session)
        arguments = OrderArguments(
            session, KnownModels(session: session, store: store, configuration: consent.configuration))
    }

    mutating func take(_ templates: [Template], _ terms: Terms) throws -> ExitCode {
        let matrix = try arguments.matrix()
        let checker = arguments.checker
        guard session.arguments.has(.edit) else {
            return try take(try Expansion(templates, matrix, terms, checker))
        }
        guard var template = templates.first, templates.count == 1 else {
            throw Failure.usage("--edit takes one job, not \(templates.count)")
        }
        let schema = try checker.schema(of: template.model)
        let page = template.page ?? InputPage(template.model, schema).text(of: template.input)
        let editor = try InputEditor(session, page)
        do {
            let orders = try editor.run { input in
                // A seed that was written by hand is one that was asked for.
                if input[SeedSeries.key] != template.input[SeedSeries.key] { template.isCopy = false }
                template.input = input
                return try Expansion([template], matrix, terms, checker)
            }
            let code = try take(orders, whenStored: editor.discard)
            editor.discard()
            return code
        } catch {
            editor.keep()
            throw error
        }
    }

    /// - Parameter whenStored: for what must not be lost before.
    func take(_ orders: some OrderSource, whenStored: () -> Void = {}) throws -> ExitCode {
        let models = arguments.checker.models
        let isDry = session.arguments.has(.dryRun)
        var sum = Estimate()
        if isDry || consent.mayAsk || alwaysAsks || announces {
            var view = OrderView(session, count: orders.count)
            sum = try orders.quote(models, in: store) { if isDry { try view.add($0, $1) } }
            if isDry { return try view.finish(sum) }
            arguments.checker.isSilent = true
        }
        let wasAsked = try consent.ask(to: name, sum, always: alwaysAsks)
        if announces, !wasAsked, sum.jobs > 0 {
            session.note("\(name) buys \(sum.counted) anew (\(sum.words))")
        }
        let agreed = wasAsked || consent.mayAsk ? sum : nil
        let pricing = agreed != nil || consent.countsPrices ? models : nil
        // Orders that are refused make no store.
        let store = try store ?? session.store(.create)
        let (runs, job) = try store.transaction {
            let runs = try orders.insert(into: store, pricing, agreed: agreed)
            return (runs, orders.isVaried ? nil : try runs.ids.first.flatMap(store.find))
        }
        whenStored()
        if runs.hasExisting { try store.syncCommits() }
        session.wake(store.directory)
        let estimate = wasAsked || announces || runs.bought.jobs == 0 ? nil : "estimate: \(runs.bought.words)"
        return try answer(runs, job, estimate, store)
    }

    /// - Parameter job: the only one, where one was asked for.
    private func answer(
        _ runs: EnqueuedRuns, _ job: Job?, _ estimate: String?, _ store: JobDatabase
    ) throws -> ExitCode {
        let waits = session.arguments.has(.wait)
        if let note = job.map(runs.note(on:)) ?? runs.summary { session.note(note) }
        if waits || job == nil { say(estimate) }
        if waits {
            return try Waiting(session: session, store: store, ids: runs.ids, existing: runs.existingIDs)
                .run(timeout: session.span(.timeout))
        }
        for run in runs.runs {
            for id in run.ids { try show(id, job, run.existing, store) }
        }
        if job != nil { say(estimate) }
        session.noteIfNoDaemon(
            store.directory, "the \(job == nil ? "jobs wait" : "job waits") until it runs")
        let isHeld = job.map { $0.state == .held } ?? session.arguments.has(.hold)
        let next = isHeld ? "release" : job?.state.hasEnded == true ? "show" : "wait"
        if runs.runs.count == 1 { session.suggest("jobctl \(next) \(Selection.text(of: runs.ids) ?? "")") }
        try session.finish(store)
        return .success
    }

    private func say(_ estimate: String?) {
        if let estimate, session.screen.standardErrorIsTerminal { session.note(estimate) }
    }

    private func show(_ id: Int64, _ only: Job?, _ existing: Bool, _ store: JobDatabase) throws {
        if session.wantsJSON, let job = try only ?? store.find(id) {
            try session.emit(job, in: store, adding: existing ? ["existing": .bool(true)] : [:])
        } else if let only, !session.isQuiet, session.screen.isTerminal {
            try session.screen.write("job \(id) is \(only.state.rawValue)\n")
        } else {
            try session.screen.write("\(id)\n")
        }
    }
}
