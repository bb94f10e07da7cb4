internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import Policy

/// What a queued job waits for: first its own reasons (time, input), then no jobd, pauses, limits, budgets
/// and the order.
extension Explainer {
    func queued() throws -> Explanation {
        if let waiting = try waitsForSources() { return waiting }
        if let later = job.nextTryAt, later > context.now { return try waitsForTime(later) }
        if let fault = try inputFault() {
            return because(
                .input,
                "its input breaks the schema of \(job.model) (\(fault)), so it will fail when its turn comes",
                hint: "jobctl cancel \(id), and enqueue it again with another input")
        }
        let admission = try context.admission()
        let jobs = try store.ahead(of: job)
        // Jobs that their own models' limits hold back do not delay this one.
        let ahead = Ahead(jobs.filter { admission?.hold(of: $0.model)?.isForAll ?? true })
        guard context.isRunning else {
            return because(.noDaemon, "no jobd is running to send it\(ahead.words)", hint: Self.startHint)
        }
        if let pause = pause() { return pause }
        if let stored = try waitsForStorage() { return stored }
        if let hold = admission?.hold(of: job.model) {
            let alike = jobs.filter { context.configuration?.limits(of: $0.model)?.name == hold.entry }
            return held(by: hold, hold.entry == nil ? ahead : Ahead(alike))
        }
        if let hold = try admission?.hold(label: job.label, price: context.models.price(of: job)) {
            return held(by: hold, Ahead([]))
        }
        if admission?.budgets.isEmpty ?? true, let budget = unknownBudget() { return budget }
        if let sought = try waitsForAddress() { return sought }
        if ahead.count > 0 {
            return because(
                .order, "\(ahead.counted) before it, by priority and then by id", hint: first(ahead))
        }
        let other =
            context.configuration == nil
            ? "a limit of its configuration, which cannot be read here, holds the job back"
            : "it uses another configuration than \(context.configurationPath)"
        return because(
            .due,
            """
            nothing on record holds it back, so jobd should send it at any moment, unless RunComfy has just \
            asked it to slow down, or \(other)
            """, hint: "\(waitHint); if it is not sent: jobctl doctor")
    }

    /// How to have the job sent next.
    private func first(_ ahead: Ahead) -> String? {
        guard let highest = ahead.highestPriority, highest < .max else { return nil }
        return "jobctl set \(id) --priority \(highest + 1) sends it before them"
    }

    private func waitsForTime(_ later: Timestamp) throws -> Explanation {
        let when = "\(context.local(later)) (\(context.relative(later)))"
        let alone = context.isRunning ? "" : ", and no jobd is running"
        let startHint = context.isRunning ? nil : Self.startHint
        if later == job.notBefore {
            return because(
                .time, "it must not be sent before \(when)\(alone)",
                hint: "jobctl set \(id) --not-before now" + (startHint.map { "; \($0)" } ?? ""))
        }
        let fault = try job.message ?? store.lastFault(of: id) ?? "the last try failed"
        return because(
            .retry, "\(fault); nothing was bought, and the next try is at \(when)\(alone)", hint: startHint)
    }

    /// Why jobd will refuse the input.
    private func inputFault() throws -> String? {
        let faults = try context.models.faults(
            in: job, isUTF8: store.hasReadableInput(id),
            hasReferences: !store.links(of: id).isEmpty || job.mayNameFiles)
        return faults.first.map { $0 + (faults.count > 1 ? ", and \(faults.count - 1) more" : "") }
    }

    /// The storage cannot be used, and files of the input go by it.
    private func waitsForStorage() throws -> Explanation? {
        guard let trouble = context.storageTrouble else { return nil }
        let known = try store.lastSetback(of: id).flatMap { $0.isOfStorage ? $0.words : nil }
        guard known != nil || goesByStorage else { return nil }
        return because(
            .storage,
            "its input files go by the object storage: \(known ?? trouble.detail); \(triesAgain)",
            hint: "jobctl doctor --online tries the storage")
    }

    /// Whether the input names files that go by the storage, as far as jobd's configuration is known.
    private var goesByStorage: Bool {
        guard job.mayNameFiles, let input = try? JSON(parsing: job.input) else { return false }
        let sendsCopies = context.configuration?.inputRoute == .storage
        return input.hasText { ObjectName.named(by: $0) != nil || sendsCopies && InputFile($0) != nil }
    }

    /// An output that it is made from is not served any more, and it is not known yet what takes its place.
    private func waitsForAddress() throws -> Explanation? {
        guard let setback = try store.lastSetback(of: id), !setback.isOfStorage else { return nil }
        return because(.source, "\(setback.words); \(triesAgain)", hint: "jobctl events \(id)")
    }

    private var triesAgain: String {
        let next = context.configuration.map { ", within \(SpanText.of($0.retryMax))" } ?? ""
        return "nothing was bought, and jobd tries again by itself\(next)"
    }

    private func pause() -> Explanation? {
        for reason in [Pause.Reason.hand, .token, .balance, .outage] {
            guard let pause = context.pauses.first(where: { $0.reason == reason }),
                let word = Explanation.Reason(rawValue: "pause_\(reason.rawValue)")
            else { continue }
            let hint =
                switch reason {
                case .token:
                    "set token_file or $RUNCOMFY_TOKEN where jobd runs; jobctl doctor --online checks it"
                case .balance:
                    "add credit at RunComfy; jobd then continues by itself, and jobctl resume tries at once"
                default: pause.hint
                }
            let probes = reason == .hand ? "" : ", and jobd tries one job now and then"
            return because(
                word, "\(pause.sentence(now: context.now))\(probes)", hint: hint)
        }
        return nil
    }

    /// A limit of number, rate or money that holds the job back.
    private func held(by hold: Admission.Hold, _ ahead: Ahead) -> Explanation {
        var ahead = ahead
        var hint: String? = "raise \(hold.key) \(context.whereSet(hold.key)), then reload jobd"
        let (reason, words): (Explanation.Reason, String)
        switch hold {
        case .inFlight(.some, limit: 0):
            ahead = Ahead([])
            (reason, words) = (.modelInFlight, "\(hold.key) is 0, so none of these jobs is sent")
        case .inFlight(.some, let limit):
            words = "RunComfy has as many jobs as \(hold.key) allows (\(NumberText.of(limit)))"
            reason = .modelInFlight
        case .inFlight(nil, let limit):
            (reason, words) = (
                .maxInFlight, "all \(NumberText.of(limit)) places at RunComfy (\(hold.key)) are taken"
            )
        case .perMinute(let entry, let limit, let sent, let opensAt):
            let opens = context.relative(Timestamp(milliseconds: opensAt))
            words =
                "\(NumberText.of(sent)) were sent in the last minute "
                + "(\(hold.key) is \(NumberText.of(limit))), "
                + "and the next may be sent \(opens)"
            reason = entry == nil ? .submitPerMinute : .modelPerMinute
        case .submitting(let limit):
            hint = nil
            (reason, words) = (.maxSubmitting, "\(limit) requests (\(hold.key)) are being sent")
        case .budget(let budget, let price):
            hint? += budget.period.waitHint.map { ", or \($0)" } ?? ""
            words =
                (price.map { "it would cost about \(Money.text($0))" } ?? "its price is not known")
                + ", and \(Money.text(budget.spent)) "
                + "of the \(Money.text(budget.limit)) of \(hold.key) are spent"
            reason = .budget
        }
        return because(reason, words + ahead.words, hint: first(ahead) ?? hint)
    }

    /// A budget that jobd keeps but that is not known here.
    private func unknownBudget() -> Explanation? {
        guard let pause = context.pauses.first(where: { $0.reason == .budget }) else { return nil }
        let words =
            context.configuration == nil
            ? "the budget may hold it back"
            : "jobd keeps a budget that is not in \(context.configurationPath), "
                + "so it uses another configuration"
        return because(.budget, "\(words): \(pause.detail)", hint: pause.hint)
    }
}

/// The jobs that go before another one.
private struct Ahead {
    let count: Int64
    let highestPriority: Int64?

    init(_ jobs: [JobsAhead]) {
        (count, highestPriority) = (jobs.reduce(0) { $0 + $1.count }, jobs.map(\.highestPriority).max())
    }

    var counted: String { count == 1 ? "1 job goes" : "\(NumberText.of(count)) jobs go" }
    var words: String { count > 0 ? ", and \(counted) before it" : "" }
}
