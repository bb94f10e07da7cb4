internal import Catalogue
internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore

/// What a queued job waits for: the first of the causes in the order in which jobd meets them.
extension Explainer {
    func queued() throws -> Explanation {
        if let later = job.nextTryAt, later > situation.now { return try waitsForTime(later) }
        if let fault = try inputFault() {
            return Explanation(
                .input,
                "job \(id) is queued: its input breaks the schema of \(job.model) (\(fault)), so it will fail when its turn "
                    + "comes", hint: "jobctl cancel \(id), and enqueue it again with another input")
        }
        let entry = situation.configuration?.limits(of: job.model)
        let ahead = try store.ahead(of: job, model: entry?.name ?? job.model)
        let behind = ahead.all > 0 ? ", and \(Self.jobs(ahead.all)) before it" : ""
        guard situation.isRunning else {
            return Explanation(
                .noDaemon, "job \(id) is queued: no jobd is running to send it\(behind)", hint: Self.startHint
            )
        }
        if let pause = pause() { return pause }
        if let full = try fullPlace(entry, ahead) { return full }
        if let budget = try budget() { return budget }
        if ahead.all > 0 {
            return Explanation(
                .order, "job \(id) is queued: \(Self.jobs(ahead.all)) before it, by priority and then by id",
                hint: first(ahead))
        }
        let source = situation.configuration == nil ? "" : " of \(situation.configurationPath)"
        return Explanation(
            .due,
            "job \(id) is queued: nothing on record holds it back, so jobd should send it at any moment, unless RunComfy has "
                + "just asked it to slow down, or it goes by another configuration than that\(source)",
            hint: "jobctl wait \(id); if nothing comes of it: jobctl doctor")
    }

    private static func jobs(_ count: Int64) -> String {
        count == 1 ? "1 job goes" : "\(NumberText.of(count)) jobs go"
    }

    /// How to be sent next.
    private func first(_ ahead: JobsAhead) -> String? {
        guard let highest = ahead.highest, highest < .max else { return nil }
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

    /// Why jobd will refuse what came unchecked, by SQL.
    private func inputFault() throws -> String? {
        guard job.validation == .pending else { return nil }
        guard let input = try? JSON(parsing: job.input, .strict) else { return "malformed JSON" }
        let violations = try situation.schema(of: job.model)?.violations(in: input) ?? []
        guard let first = violations.first else { return nil }
        let more = violations.count > 1 ? ", and \(violations.count - 1) more" : ""
        return "\(first.path): \(first.message)\(more)"
    }

    private func pause() -> Explanation? {
        for reason in [Pause.Reason.hand, .token, .balance, .outage] {
            guard let pause = situation.pauses.first(where: { $0.reason == reason }) else { continue }
            let start = "job \(id) is queued: submissions are paused"
            let since = situation.relative(pause.since)
            let word: Explanation.Reason =
                switch reason {
                case .token: .token
                case .balance: .balance
                case .outage: .outage
                case .hand, .budget: .pausedByHand
                }
            let hint =
                switch reason {
                case .token:
                    "set token_file or $RUNCOMFY_TOKEN where jobd runs; jobctl doctor --online tries it"
                case .balance:
                    "add credit at RunComfy; jobd goes on by itself, and jobctl resume tries at once"
                default: pause.hint
                }
            let what = reason == .hand ? "by a person" : "for the \(reason.rawValue)"
            let probes = reason == .hand ? "" : ", and one job now and then is tried"
            return Explanation(
                word,
                "\(start) \(reason == .outage ? "in an outage" : what) since \(since): \(pause.detail)\(probes)",
                hint: hint)
        }
        return nil
    }

    /// Which limit of number or rate has no place left.
    private func fullPlace(
        _ entry: (name: String, limits: Configuration.ModelLimits)?, _ ahead: JobsAhead
    ) throws -> Explanation? {
        guard let configuration = situation.configuration else { return nil }
        func full(
            _ reason: Explanation.Reason, _ key: String, _ words: String, behind: Int64,
            _ isRaisable: Bool = true
        ) -> Explanation {
            Explanation(
                reason,
                "job \(id) is queued: \(words)" + (behind > 0 ? ", and \(Self.jobs(behind)) before it" : ""),
                hint: (behind > 0 ? first(ahead) : nil)
                    ?? (isRaisable ? "raise \(key) \(situation.place(of: key)), then reload jobd" : nil))
        }
        let isAlike = { (model: String) in configuration.limits(of: model)?.name == entry?.name }
        let flying: [JobState] = [.submitting, .inQueue, .inProgress]
        if let entry, let most = entry.limits.maxInFlight {
            let key = "models.\"\(entry.name)\".max_in_flight"
            if most == 0 {
                return full(.modelInFlight, key, "\(key) is 0, so none of them is sent", behind: 0)
            }
            if situation.count(flying, where: isAlike) >= most {
                return full(
                    .modelInFlight, key, "as many as \(key) lets through (\(most)) are at RunComfy",
                    behind: ahead.ofModel)
            }
        }
        if situation.count(flying) >= configuration.maxInFlight {
            return full(
                .maxInFlight, "max_in_flight",
                "all \(configuration.maxInFlight) places at RunComfy (max_in_flight) are taken",
                behind: ahead.all)
        }
        let recent = try store.recentSubmissions(since: situation.now + .seconds(-60))
        func rate(
            _ limit: Int?, _ key: String, _ reason: Explanation.Reason, _ behind: Int64, _ left: [Timestamp]
        )
            -> Explanation?
        {
            guard let limit, limit > 0, left.count >= limit, let oldest = left.min() else { return nil }
            return full(
                reason, key,
                "\(left.count) were sent in the last minute (\(key) is \(limit)), and the next may leave "
                    + situation.relative(oldest + .seconds(60)), behind: behind)
        }
        if let entry {
            let key = "models.\"\(entry.name)\".submit_per_minute"
            let left = recent.filter { isAlike($0.model) }.map(\.at)
            if let full = rate(entry.limits.submitPerMinute, key, .modelPerMinute, ahead.ofModel, left) {
                return full
            }
        }
        if let full = rate(
            configuration.submitPerMinute, "submit_per_minute", .submitPerMinute, ahead.all, recent.map(\.at))
        {
            return full
        }
        guard situation.count([.submitting]) >= configuration.maxSubmitting else { return nil }
        return full(
            .maxSubmitting, "max_submitting",
            "\(configuration.maxSubmitting) requests (max_submitting) are on the wire", behind: ahead.all,
            false)
    }

    /// Whether the money that may be spent does not reach for this job.
    private func budget() throws -> Explanation? {
        let pause = situation.pauses.first { $0.reason == .budget }
        guard let configuration = situation.configuration else {
            return pause.map {
                Explanation(
                    .budget, "job \(id) is queued: the budget may hold it back: \($0.detail)", hint: $0.hint)
            }
        }
        let limits = [
            ("budget.day_usd", configuration.budgetPerDay, true),
            ("budget.total_usd", configuration.budgetInTotal, false),
        ].compactMap { name, limit, isDaily in limit.map { (name, $0, isDaily) } }
        if limits.isEmpty, let pause {
            return Explanation(
                .budget,
                "job \(id) is queued: jobd keeps a budget that \(situation.configurationPath) does not name, so it goes by "
                    + "another configuration: \(pause.detail)", hint: pause.hint)
        }
        let configured = configuration.limits(of: job.model)?.limits.priceUSD
        // As the claim has it: what nobody can estimate counts nothing, and waits once the budget is spent.
        let known = Price.estimate(job, try situation.schema(of: job.model), configured: configured)
        let price = known ?? 0
        for (name, limit, isDaily) in limits {
            let spent = try isDaily ? store.spentToday() : store.spent(since: nil)
            guard spent + price > limit + 1e-9 else { continue }
            let day = !isDaily ? "" : ", or wait for the next day (UTC)"
            return Explanation(
                .budget,
                "job \(id) is queued: "
                    + (known.map { "it would take about \(Price.text($0))" } ?? "its price is not known")
                    + ", and \(Price.text(spent)) of the "
                    + "\(Price.text(limit)) of \(name) are spent",
                hint: "raise \(name) \(situation.place(of: name)), then reload jobd\(day)")
        }
        return nil
    }
}
