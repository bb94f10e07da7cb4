internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore

/// What RunComfy has, and what is on its way here.
extension Explainer {
    func remote() throws -> Explanation {
        let start = "job \(id) is \(job.state.rawValue): "
        if let origin = job.origin, let here = situation.apiOrigin, origin != here {
            return Explanation(
                .otherOrigin,
                start
                    + "its request was bought at \(origin), and jobd asks \(here), so it is not asked for, and not lost",
                hint: "set api_url to where it was bought, then reload jobd")
        }
        guard situation.isRunning else {
            return Explanation(
                .noDaemon,
                start + "RunComfy has it, but no jobd is running to look at it and fetch its files",
                hint: Self.startHint)
        }
        let isRunning = job.state == .inProgress
        var text = try start + progress()
        if let fault = try lastTrouble() { text += "; \(fault)" }
        if let account = situation.pauses.first(where: { $0.reason == .token }) {
            text += "; the account is in trouble: \(account.detail)"
        }
        if let wished = job.cancelRequestedAt {
            return Explanation(
                .cancelling,
                text
                    + "; its cancel was wished \(situation.relative(wished)), and what cannot be cancelled any more is fetched",
                hint: "jobctl wait \(id)")
        }
        return Explanation(isRunning ? .inProgress : .inQueue, text, hint: "jobctl wait \(id)")
    }

    /// How long RunComfy has had it, beside what is usual.
    private func progress() throws -> String {
        let usual = try situation.usual(job.model)
        let isRunning = job.state == .inProgress
        let since = (isRunning ? job.startedAt : nil) ?? job.submittedAt ?? job.createdAt
        let elapsed = situation.now - since
        var text = ""
        if isRunning {
            text += "RunComfy has worked on it for \(SpanText.of(elapsed))"
            text += usual.atWork.map { "; jobs of this model usually take \(SpanText.of($0))" } ?? ""
        } else {
            let position = job.queuePosition.map { " at position \($0)" } ?? ""
            text += "RunComfy has had it in its queue\(position) for \(SpanText.of(elapsed))"
            text +=
                usual.whole.map {
                    "; jobs of this model usually take \(SpanText.of($0)) from sending to done"
                } ?? ""
        }
        if let expected = isRunning ? usual.atWork : usual.whole, elapsed > expected * 2,
            let configuration = situation.configuration, let followed = job.followedSince
        {
            let deadline = configuration.limits(of: job.model)?.limits.deadline ?? configuration.deadline
            text += ", so it is late, and is given up at \(situation.local(followed + deadline))"
        }
        return text
    }

    /// What stood in the way last, unless something has gone well since.
    private func lastTrouble() throws -> String? {
        guard let fault = try store.lastEvent(.fault, of: id) else { return nil }
        let kinds: [EventKind] = [.status, .accepted, .output, .retried]
        let newest = try kinds.compactMap { try store.lastEvent($0, of: id)?.id }.max() ?? 0
        guard fault.id > newest else { return nil }
        return "the last fault, \(situation.relative(fault.at)): \(EventWords.of(fault))"
    }

    func downloading() throws -> Explanation {
        let outputs = try store.outputs(of: id)
        let open = outputs.filter { $0.state == .pending }
        let done = outputs.count - open.count
        let here =
            done > 0
            ? "\(done) of its \(Self.files(outputs.count)) \(done == 1 ? "is" : "are") here"
            : outputs.count == 1
                ? "its file is not here yet" : "none of its \(Self.files(outputs.count)) is here yet"
        let start = "job \(id) is downloading: \(here)"
        guard situation.isRunning else {
            return Explanation(
                .noDaemon, start + ", and no jobd is running to fetch the rest", hint: Self.startHint)
        }
        var text = start
        if let current = open.first(where: { $0.fetched > 0 }) {
            let total = current.bytes.map { " of \(ByteText.of($0))" } ?? ""
            text += "; \(ByteText.of(current.fetched))\(total) of file \(current.position) have come"
        } else if let next = open.first {
            let others = situation.count([.downloading]) - 1
            let rest =
                others > 0
                ? "; \(NumberText.of(others)) other \(others == 1 ? "job is" : "jobs are") being fetched" : ""
            text += "; file \(next.position) has not begun\(rest)"
        }
        // With all files here, something stands in the way of the sidecar.
        let troubles = try open.isEmpty ? [lastTrouble()] : open.map { try trouble(of: $0) }
        guard let trouble = troubles.compactMap(\.self).first else {
            return Explanation(.downloading, text, hint: "jobctl wait \(id)")
        }
        return Explanation(
            .downloading, "\(text); \(trouble)",
            hint: "jobctl wait \(id); to do without what has not come: jobctl cancel \(id) --give-up")
    }

    /// What stands in the way of an output, and for how long it is tried.
    private func trouble(of output: Output) throws -> String? {
        // What was said before the download began, or was begun anew, is of old.
        let newest =
            try [EventKind.status, .retried].compactMap { try store.lastEvent($0, of: id)?.id }.max() ?? 0
        guard let fault = try store.lastFault(of: id, output: output.position), fault.id > newest else {
            return nil
        }
        let next = situation.configuration.map { ", within \(SpanText.of($0.retryMax))" } ?? ""
        var text =
            "the last fault, \(situation.relative(fault.at)): \(EventWords.of(fault)); jobd tries again by itself\(next)"
        guard output.attempts > 0 else { return text + ", without limit" }
        if let configuration = situation.configuration {
            let patience = configuration.retryPatience
            text += ", and gives it up after \(configuration.retryAttempts) bad answers"
            text += patience > .zero ? " over at least \(SpanText.of(patience)) in a row" : " in a row"
        }
        return text
    }

    static func files(_ count: Int) -> String { NumberText.of(count, "file") }
}
