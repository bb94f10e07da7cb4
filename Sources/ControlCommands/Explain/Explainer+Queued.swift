internal import CommandLineTool
internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy

/// What a queued job waits for: first what waiting for others would not cure (time, input), then no jobd,
/// pauses, limits, budgets and the order.
extension Explainer {
    func queued() throws -> Explanation {
        if let later = job.nextTryAt, later > situation.now { return try waitsForTime(later) }
        if let fault = try inputFault() {
            return Explanation(
                .input,
                "job \(id) is queued: its input breaks the schema of \(job.model) (\(fault)), so it will fail when its turn "
                    + "comes", hint: "jobctl cancel \(id), and enqueue it again with another input")
        }
        let admission = try situation.admission()
        let jobs = try store.ahead(of: job)
        // Jobs that their own models' limits hold back do not delay this one.
        let ahead = Ahead(jobs.filter { admission?.hold(of: $0.model)?.isForAll ?? true })
        guard situation.isRunning else {
            return Explanation(
                .noDaemon, "job \(id) is queued: no jobd is running to send it\(ahead.words)",
                hint: Self.startHint)
        }
        if let pause = pause() { return pause }
        if let hold = admission?.hold(of: job.model) {
            let alike = jobs.filter { situation.configuration?.limits(of: $0.model)?.name == hold.entry }
            return held(by: hold, hold.entry == nil ? ahead : Ahead(alike))
        }
        if let hold = try admission?.hold(price: situation.models.price(of: job)) {
            return held(by: hold, Ahead([]))
        }
        if admission?.budgets.isEmpty ?? true, let budget = unknownBudget() { return budget }
        if ahead.count > 0 {
            return Explanation(
                .order, "job \(id) is queued: \(ahead.counted) before it, by priority and then by id",
                hint: first(ahead))
        }
        let source = situation.configuration == nil ? "" : " of \(situation.configurationPath)"
        return Explanation(
            .due,
            "job \(id) is queued: nothing on record holds it back, so jobd should send it at any moment, unless RunComfy has "
                + "just asked it to slow down, or it goes by another configuration than that\(source)",
            hint: "jobctl wait \(id); if nothing comes of it: jobctl doctor")
    }

    /// How to be sent next.
    private func first(_ ahead: Ahead) -> String? {
        guard let highest = ahead.highestPriority, highest < .max else { return nil }
        return "jobctl set \(id) --priority \(highest + 1) sends it before them"
    }

    private func waitsForTime(_ later: Timestamp) throws -> Explanation {
        let when = "\(situation.local(later)) (\(situation.relative(later)))"
        let alone = situation.isRunning ? "" : ", and no jobd is running"
        let startHint = situation.isRunning ? nil : Self.startHint
        if later == job.notBefore {
            return Explanation(
                .time, "job \(id) is queued: it is not to be sent before \(when)\(alone)",
                hint: "jobctl set \(id) --not-before now" + (startHint.map { "; \($0)" } ?? ""))
        }
        let fault = try job.message ?? store.lastFault(of: id) ?? "the last try failed"
        return Explanation(
            .retry,
            "job \(id) is queued: \(fault); nothing was bought, and the next try is at \(when)\(alone)",
            hint: startHint)
    }

    /// Why jobd will refuse it.
    private func inputFault() throws -> String? {
        let faults = try situation.models.faults(in: job, isUTF8: store.hasReadableInput(id))
        return faults.first.map { $0 + (faults.count > 1 ? ", and \(faults.count - 1) more" : "") }
    }

    private func pause() -> Explanation? {
        for reason in [Pause.Reason.hand, .token, .balance, .outage] {
            guard let pause = situation.pauses.first(where: { $0.reason == reason }),
                let word = Explanation.Reason(rawValue: "pause_\(reason.rawValue)")
            else { continue }
            let since = situation.relative(pause.since)
            let hint =
                switch reason {
                case .token:
                    "set token_file or $RUNCOMFY_TOKEN where jobd runs; jobctl doctor --online tries it"
                case .balance:
                    "add credit at RunComfy; jobd goes on by itself, and jobctl resume tries at once"
                default: pause.hint
                }
            let what =
                switch reason {
                case .hand: "by a person"
                case .outage: "in an outage"
                default: "for the \(reason.rawValue)"
                }
            let probes = reason == .hand ? "" : ", and one job now and then is tried"
            return Explanation(
                word,
                "job \(id) is queued: submissions are paused \(what) since \(since): \(pause.detail)\(probes)",
                hint: hint)
        }
        return nil
    }

    /// What a limit of number, rate or money says of it.
    private func held(by hold: Admission.Hold, _ ahead: Ahead) -> Explanation {
        var ahead = ahead
        var hint: String? = "raise \(hold.key) \(situation.place(of: hold.key)), then reload jobd"
        let (reason, words): (Explanation.Reason, String)
        switch hold {
        case .inFlight(.some, limit: 0):
            ahead = Ahead([])
            (reason, words) = (.modelInFlight, "\(hold.key) is 0, so none of them is sent")
        case .inFlight(.some, let limit):
            words = "as many as \(hold.key) lets through (\(limit)) are at RunComfy"
            reason = .modelInFlight
        case .inFlight(nil, let limit):
            (reason, words) = (.maxInFlight, "all \(limit) places at RunComfy (\(hold.key)) are taken")
        case .perMinute(let entry, let limit, let sent, let opensAt):
            let opens = situation.relative(Timestamp(milliseconds: opensAt))
            words =
                "\(sent) were sent in the last minute (\(hold.key) is \(limit)), and the next may leave \(opens)"
            reason = entry == nil ? .submitPerMinute : .modelPerMinute
        case .submitting(let limit):
            hint = nil
            (reason, words) = (.maxSubmitting, "\(limit) requests (\(hold.key)) are on the wire")
        case .budget(let budget, let price):
            if budget.period == .day { hint? += ", or wait for the next day (UTC)" }
            words =
                (price.map { "it would take about \(Money.text($0))" } ?? "its price is not known")
                + ", and \(Money.text(budget.spent)) of the \(Money.text(budget.limit)) of \(hold.key) are spent"
            reason = .budget
        }
        return Explanation(
            reason, "job \(id) is queued: \(words)\(ahead.words)", hint: first(ahead) ?? hint)
    }

    /// A budget that jobd keeps, and that is not known here.
    private func unknownBudget() -> Explanation? {
        guard let pause = situation.pauses.first(where: { $0.reason == .budget }) else { return nil }
        let words =
            situation.configuration == nil
            ? "the budget may hold it back"
            : "jobd keeps a budget that \(situation.configurationPath) does not name, so it goes by another configuration"
        return Explanation(.budget, "job \(id) is queued: \(words): \(pause.detail)", hint: pause.hint)
    }
}

/// Jobs that go before one.
private struct Ahead {
    let count: Int64
    let highestPriority: Int64?

    init(_ jobs: [JobsAhead]) {
        (count, highestPriority) = (jobs.reduce(0) { $0 + $1.count }, jobs.map(\.highestPriority).max())
    }

    var counted: String { count == 1 ? "1 job goes" : "\(NumberText.of(count)) jobs go" }
    var words: String { count > 0 ? ", and \(counted) before it" : "" }
}
