internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore

/// Explains one job.
struct Explainer {
    let job: Job
    let context: ExplanationContext

    var store: JobDatabase { context.store }
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

    /// `job 12 is queued: ` and the words.
    func because(_ reason: Explanation.Reason, _ words: String, hint: String?) -> Explanation {
        Explanation(reason, "job \(id) is \(job.state.rawValue): \(words)", hint: hint)
    }

    static let startHint = "systemctl start jobd, or: jobd"
    var waitHint: String { "jobctl wait \(id)" }

    private func held() throws -> Explanation {
        let event = try store.lastEvent(.held, of: id)
        let since = event?.at ?? job.createdAt
        if let why = event.flatMap({ try? JSON(parsing: $0.detail) })?["message"]?.string {
            return because(
                .held, "it was set aside at \(context.local(since)), since \(why)",
                hint: """
                    look for it in RunComfy's list of requests; then: jobctl release \(id) (it is not there) \
                    or jobctl cancel \(id) (it is)
                    """)
        }
        let later = job.nextTryAt.flatMap { $0 > context.now ? ", nor before \(context.local($0))" : nil }
        return because(
            .held,
            "it was set aside at \(context.local(since)), and is not sent until it is released\(later ?? "")",
            hint: "jobctl release \(id)")
    }

    private func submitting() -> Explanation {
        let since = context.relative(job.submittedAt ?? context.now)
        guard context.isRunning else {
            return because(
                .noDaemon,
                "jobd ended while its request was being sent (\(since)); "
                    + "the next jobd will make it uncertain",
                hint: Self.startHint)
        }
        let limit = context.configuration.map { " for up to \(SpanText.of($0.answerTimeout))" } ?? ""
        let isCancelling = job.cancelRequestedAt != nil
        return because(
            isCancelling ? .cancelling : .submitting,
            "its request was sent \(since), and jobd waits for the answer\(limit)"
                + (isCancelling ? "; then it sends the cancel" : ""), hint: waitHint)
    }

    private func uncertain() throws -> Explanation {
        let event = try store.lastEvent(.uncertain, of: id)
        let why = job.message.map { "\($0) " } ?? ""
        let again = try store.wasResubmitted(id) ? "; on_uncertain has already sent it a second time" : ""
        return because(
            .uncertain,
            "\(why)(\(context.relative(event?.at ?? job.createdAt))), "
                + "so it may have been bought, and nobody here can "
                + "know\(again)",
            hint: """
                look for it in RunComfy's list of requests; then: jobctl resolve \(id) --adopt REQUEST_ID \
                (it is there), --resubmit (send it again, which may pay twice) or --abandon (give it up)
                """)
    }
}
