internal import Catalogue
internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore

/// Explains one job.
struct Explainer {
    let job: Job
    let situation: Situation

    var store: JobDatabase { situation.store }
    var id: Int64 { job.id }

    func explanation() throws -> Explanation {
        switch job.state {
        case .held: try held()
        case .queued: try queued()
        case .submitting: submitting()
        case .uncertain: try uncertain()
        case .inQueue, .inProgress: try remote()
        case .downloading: try downloading()
        case .completed: try completed()
        case .failed: try failed()
        case .cancelled: try cancelled()
        }
    }

    static let startHint = "systemctl start jobd, or: jobd"

    private func held() throws -> Explanation {
        let since = try store.lastEvent(.held, of: id)?.at ?? job.createdAt
        let later = job.nextTryAt.flatMap { $0 > situation.now ? $0 : nil }
        return Explanation(
            .held,
            "job \(id) is held: it was set aside at \(situation.local(since)), and is not sent until it is released"
                + (later.map { ", nor before \(situation.local($0))" } ?? ""),
            hint: "jobctl release \(id)")
    }

    private func submitting() -> Explanation {
        let since = situation.relative(job.submittedAt ?? situation.now)
        guard situation.isRunning else {
            return Explanation(
                .noDaemon,
                "job \(id) is submitting: jobd ended while its request was on the wire (\(since)), so the next jobd makes it "
                    + "uncertain", hint: Self.startHint)
        }
        let limit = situation.configuration.map { " for \(SpanText.of($0.answerTimeout)) at most" } ?? ""
        return Explanation(
            job.cancelRequestedAt == nil ? .submitting : .cancelling,
            "job \(id) is submitting: its request left \(since), and the answer is waited for\(limit)"
                + (job.cancelRequestedAt == nil ? "" : "; its cancel follows the answer"),
            hint: "jobctl wait \(id)")
    }

    private func uncertain() throws -> Explanation {
        let event = try store.lastEvent(.uncertain, of: id)
        let why = job.message.map { "\($0) " } ?? ""
        let again =
            try store.wasResubmitted(id) ? "; on_uncertain has sent it a second time already" : ""
        return Explanation(
            .uncertain,
            "job \(id) is uncertain: \(why)(\(situation.relative(event?.at ?? job.createdAt))), so it may have been bought, and "
                + "nobody here can know\(again)",
            hint:
                "look for it in RunComfy's list of requests; then: jobctl resolve \(id) --adopt REQUEST_ID (it is there), "
                + "--resubmit (send it again, which may pay twice) or --abandon (let it be)")
    }
}
