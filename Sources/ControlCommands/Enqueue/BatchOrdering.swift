internal import CommandLineTool
internal import JSON
internal import JobStore

/// A batch on its way to the store. It may be long, so it is read as a stream: once, and once before where
/// its sum must be known first.
struct BatchOrdering {
    let session: Session

    func run() throws -> ExitCode {
        let arguments = session.arguments
        guard arguments.operands.count <= 1, !arguments.has(.input), !arguments.has(.key) else {
            throw Failure.usage("--batch takes at most a MODEL; inputs and keys stand in the lines")
        }
        let others: [Option] = [.matrix, .repeat, .without, .edit, .like]
        for option in others where arguments.has(option) {
            throw Failure.usage("--batch takes no --\(option.name); a line is one job")
        }
        let isDry = arguments.has(.dryRun)
        let consent = try Consent(session, nil)
        let isReadBefore = isDry || consent.mayAsk
        let before =
            isReadBefore || !arguments.operands.isEmpty ? try session.storeIfAny() : nil
        let batch = try batch(before)
        // A pipe is read to its end before the database is locked: its writer may be slow.
        let source = try InputReader(arguments.value(.batch) ?? "-")
        let reader = try source.spooled(in: session.environment["TMPDIR"] ?? "/tmp")
        var agreed: Estimate?
        var wasAsked = false
        if isReadBefore {
            let estimate = try estimate(batch, reader, consent.prices, before, shows: isDry)
            if isDry {
                session.note("\(estimate.counted) would be enqueued (\(estimate.words)); nothing was stored")
                return .success
            }
            wasAsked = try consent.ask(to: "enqueue", estimate)
            agreed = estimate
            reader.rewind()
        }
        let store = try session.store(.create)
        var estimate = Estimate()
        return try Placing(session: session, store: store).many { runs in
            var draft = JobDraft(session, store)
            draft.saysWhatIsWaived = true
            try batch.forEach(reader, &draft) { line in
                let isNew = try runs.insert(line.job, in: store)
                if consent.countsPrices, isNew { estimate.add(consent.prices.estimate(line)) }
            }
            if let agreed, estimate.exceeds(agreed) {
                throw Failure(.no, "the batch changed while it was asked for; nothing was enqueued")
            }
            return wasAsked ? nil : estimate
        }
    }

    private func batch(_ store: JobDatabase?) throws -> Batch {
        var defaults = NewJob(model: "", input: "")
        if let typed = session.arguments.operands.first {
            var draft = JobDraft(session, store)
            defaults.model = try draft.model(typed)
        }
        let options = try OrderOptions(session, labelIsNew: true)
        options.apply(to: &defaults)
        return Batch(defaults: defaults, validates: options.validates)
    }

    /// Reads the whole batch without storing it.
    private func estimate(
        _ batch: Batch, _ reader: InputReader, _ prices: PriceList, _ store: JobDatabase?, shows: Bool
    ) throws -> Estimate {
        var estimate = Estimate()
        var draft = JobDraft(session, store)
        let view = OrderView(session, prices)
        try batch.forEach(reader, &draft) { line in
            let own = prices.estimate(line)
            if shows, session.wantsJSON { try view.emit(line.job, line.input, own) }
            if let key = line.job.key, try store?.keyHolder(key) != nil { return }
            estimate.add(own)
        }
        return estimate
    }
}
