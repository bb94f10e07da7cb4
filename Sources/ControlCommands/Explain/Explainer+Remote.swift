internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore

/// Jobs that RunComfy has, and jobs whose files are being downloaded.
extension Explainer {
    func remote() throws -> Explanation {
        if let origin = job.origin, let here = context.apiOrigin, origin != here {
            return because(
                .otherOrigin,
                "its request was bought at \(origin), but jobd asks \(here), "
                    + "so it is not followed, and not lost",
                hint: "set api_url to where it was bought, then reload jobd")
        }
        guard context.isRunning else {
            return because(
                .noDaemon, "RunComfy has it, but no jobd is running to follow it and download its files",
                hint: Self.startHint)
        }
        var text = try progress()
        if let fault = try lastTrouble() { text += "; \(fault)" }
        if let account = context.pauses.first(where: { $0.reason == .token }) {
            text += "; there is a problem with the account: \(account.detail)"
        }
        if let requested = job.cancelRequestedAt {
            let when = context.relative(requested)
            text += "; its cancel was requested \(when); if it is too late, its files are downloaded"
            return because(.cancelling, text, hint: waitHint)
        }
        return because(job.state == .inProgress ? .inProgress : .inQueue, text, hint: waitHint)
    }

    /// How long RunComfy has had it, and how long that usually takes.
    private func progress() throws -> String {
        let usual = try context.usual(job.model)
        let isRunning = job.state == .inProgress
        let expected = isRunning ? usual.atWork : usual.whole
        let since = (isRunning ? job.startedAt : nil) ?? job.submittedAt ?? job.createdAt
        let elapsed = context.now - since
        let position = job.queuePosition.map { " at position \($0)" } ?? ""
        var text = isRunning ? "RunComfy has worked on it" : "RunComfy has had it in its queue\(position)"
        text += " for \(SpanText.of(elapsed))"
        if let expected {
            text += "; jobs of this model usually take \(SpanText.of(expected))"
            if !isRunning { text += " from sending to done" }
        }
        if let expected, elapsed > expected * 2,
            let configuration = context.configuration, let followed = job.followedSince
        {
            let deadline = configuration.limits(of: job.model)?.limits.deadline ?? configuration.deadline
            text += ", so it is late, and is given up at \(context.local(followed + deadline))"
        }
        return text
    }

    /// The last fault, unless something has gone well since.
    private func lastTrouble() throws -> String? {
        guard let fault = try store.lastEvent(.fault, of: id),
            try fault.id > lastEventID([.status, .accepted, .output, .retried])
        else { return nil }
        return "the last fault, \(context.relative(fault.at)): \(EventWords.of(fault))"
    }

    private func lastEventID(_ kinds: [EventKind]) throws -> Int64 {
        try kinds.compactMap { try store.lastEvent($0, of: id)?.id }.max() ?? 0
    }

    func downloading() throws -> Explanation {
        let outputs = try store.outputs(of: id)
        let open = outputs.filter { $0.state == .pending }
        let done = outputs.count - open.count
        let files = NumberText.of(outputs.count, "file")
        var text =
            done > 0
            ? "\(done) of its \(files) \(done == 1 ? "is" : "are") here"
            : outputs.count == 1 ? "its file is not here yet" : "none of its \(files) is here yet"
        guard context.isRunning else {
            return because(
                .noDaemon, text + ", and no jobd is running to download the rest", hint: Self.startHint)
        }
        if let stored = try storing(open, text) { return stored }
        if let current = open.first(where: { $0.fetched > 0 }) {
            let total = current.bytes.map { " of \(ByteText.of($0))" } ?? ""
            text += "; \(ByteText.of(current.fetched))\(total) of file \(current.position) are here"
        } else if let next = open.first {
            let others = context.count([.downloading]) - 1
            text += "; file \(next.position) has not begun"
            if others > 0 {
                text += "; \(NumberText.of(others)) other \(others == 1 ? "job is" : "jobs are") downloading"
            }
        }
        // If all files are here, the fault is about the sidecar.
        let troubles = try open.isEmpty ? [lastTrouble()] : open.map { try trouble(of: $0) }
        guard let trouble = troubles.compactMap(\.self).first else {
            return because(.downloading, text, hint: waitHint)
        }
        return because(
            .downloading, "\(text); \(trouble)",
            hint: "\(waitHint); to do without the missing files: jobctl cancel \(id) --give-up")
    }

    /// A file that is here, but not in the object storage yet.
    private func storing(_ open: [Output], _ text: String) throws -> Explanation? {
        guard let settings = context.configuration?.storage, settings.outputs != .none,
            let url = settings.url,
            let waiting = open.first(where: { $0.path != nil && $0.sha256 != nil })
        else { return nil }
        var text = "\(text); file \(waiting.position) is on this machine and waits for its upload to \(url)"
        guard let trouble = try trouble(of: waiting) else { return because(.storage, text, hint: waitHint) }
        text += "; \(trouble)"
        return because(.storage, text, hint: "jobctl doctor --online tries the storage; nothing is lost")
    }

    /// The last fault of an output, and how long jobd will try.
    private func trouble(of output: Output) throws -> String? {
        // Faults from before the download last began no longer matter.
        guard let fault = try store.lastFault(of: id, output: output.position),
            try fault.id > lastEventID([.status, .retried])
        else { return nil }
        let next = context.configuration.map { ", within \(SpanText.of($0.retryMax))" } ?? ""
        var text =
            "the last fault, \(context.relative(fault.at)): \(EventWords.of(fault)); "
            + "jobd tries again by itself\(next)"
        guard output.attempts > 0 else { return text + ", without limit" }
        if let configuration = context.configuration {
            let patience = configuration.retryPatience
            text += ", and gives it up after \(configuration.retryAttempts) bad answers"
            text += patience > .zero ? " over at least \(SpanText.of(patience)) in a row" : " in a row"
        }
        return text
    }
}
