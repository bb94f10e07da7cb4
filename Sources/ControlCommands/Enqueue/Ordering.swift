internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// From templates to jobs on disk: edits, varies, checks, says what it comes to, asks, stores, and answers.
struct Ordering {
    let session: Session
    let store: JobDatabase?
    /// The verb's name, in the question.
    let name: String
    let options: OrderOptions
    /// Whether to ask whatever the sum, as the jobs were not named one by one.
    var alwaysAsks = false
    /// Whether it says first that something is bought, as the verb's name does not.
    var announces = false

    func run(
        _ templates: [Template], _ words: inout InputWords, _ draft: inout JobDraft
    ) throws -> ExitCode {
        let matrix = try Matrix(session, &words)
        let consent = try Consent(session, store)
        guard session.arguments.has(.edit) else {
            return try place(try Order(templates, matrix, options, &draft), consent)
        }
        guard var template = templates.first, templates.count == 1 else {
            throw Failure.usage("--edit takes one job, not \(templates.count)")
        }
        let schema = try draft.schema(of: template.model)
        // The closure below needs one that is not anybody else's.
        var own = draft
        let page = template.page ?? InputPage(template.model, schema).text(of: template.input)
        let editor = try InputEditor(session, page)
        do {
            let order = try editor.run { input in
                // A seed that was written by hand is one that was asked for.
                if input[SeedSeries.key] != template.input[SeedSeries.key] { template.isCopy = false }
                template.input = input
                return try Order([template], matrix, options, &own)
            }
            let code = try place(order, consent, whenStored: editor.discard)
            editor.discard()
            return code
        } catch {
            editor.keep()
            throw error
        }
    }

    private func place(
        _ order: Order, _ consent: Consent, whenStored: @escaping () -> Void = {}
    ) throws -> ExitCode {
        let isDry = session.arguments.has(.dryRun)
        var estimate = Estimate()
        if isDry || consent.countsPrices || alwaysAsks || announces {
            for item in order.items {
                // What stands already by its key is not bought.
                if let key = item.job.key, try store?.keyHolder(key) != nil { continue }
                estimate.add(consent.prices.estimate(item))
            }
        }
        if isDry { return try OrderView(session, consent.prices).show(order, estimate) }
        let wasAsked = try consent.ask(to: name, estimate, always: alwaysAsks)
        if announces, !wasAsked, estimate.jobs > 0 {
            session.note("\(name) buys \(estimate.counted) anew (\(estimate.words))")
        }
        let isSaid = wasAsked || announces
        let isBounded = wasAsked || consent.mayAsk
        // A job that is refused makes no store.
        let placing = Placing(
            session: session, store: try store ?? session.store(.create), whenStored: whenStored)
        if order.items.count == 1, !order.isVaried {
            return try placing.one(order.items[0].job, isSaid ? nil : estimate)
        }
        return try placing.many { runs in
            var bought = Estimate()
            for item in order.items where try runs.insert(item.job, in: placing.store) {
                bought.add(isBounded ? consent.prices.estimate(item) : 0)
            }
            // Whoever held one of the keys may have come to nothing since the sum was made.
            if isBounded, bought.exceeds(estimate) {
                throw Failure(.no, "keys became free while it was asked for; nothing was enqueued")
            }
            return isSaid ? nil : estimate
        }
    }
}
