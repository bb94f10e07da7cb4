internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Policy
internal import Startup

/// Jobs that have ended, and whether they can be retried.
extension Explainer {
    private var when: String { job.endedAt.map { context.relative($0) } ?? "" }

    func completed() throws -> Explanation {
        let outputs = try store.outputs(of: id)
        let places = OutputPlaces(store.directory)
        let there = outputs.filter { $0.removedAt == nil }.compactMap(places.place)
        let start = "job \(id) is completed (\(when)): "
        guard let path = there.first else {
            return Explanation(
                .completed, start + "its files were pruned",
                hint: job.inputRemovedAt == nil ? "to make it again: jobctl rerun \(id)" : nil)
        }
        let what =
            there.count == 1 ? "its file is" : "the first of its \(NumberText.of(there.count)) files is"
        return Explanation(
            .completed, "\(start)\(what) \(path)",
            hint: there.count == 1 ? nil : "jobctl show \(id) lists them")
    }

    func failed() throws -> Explanation {
        let kind = job.failureKind?.rawValue ?? "failed"
        return Explanation(
            .failed,
            "job \(id) failed (\(kind), \(when)): \(Self.meaning(of: job.failureKind)): \(job.message ?? "")",
            hint: try retryHint())
    }

    private static func meaning(of kind: FailureKind?) -> String {
        switch kind {
        case .input: "its input was refused, and nothing was bought"
        case .remote: "it failed at RunComfy"
        case .lost: "RunComfy says that it does not know the request"
        case .output: "RunComfy finished it without usable output"
        case .download: "its output could not be downloaded"
        case .deadline: "it was still unfinished after its deadline"
        case nil: "the reason is not known"
        }
    }

    func cancelled() throws -> Explanation {
        let words =
            if job.requestID != nil {
                "after RunComfy had accepted it"
            } else {
                job.submissions > 0 ? "when it may have been bought" : "before it was bought"
            }
        return Explanation(.cancelled, "job \(id) was cancelled \(when), \(words)", hint: try retryHint())
    }

    /// What `retry` would do, and whether it would buy.
    private func retryHint() throws -> String {
        let verb = Verb.retry(resubmit: false)
        if case .refused(let words) = verb.answer(for: job) { return "it \(words)" }
        if let holder = try store.obstacle(to: .retried(resubmit: false), of: job) {
            return "it cannot be retried: it \(holder)"
        }
        let retry = "jobctl retry \(id)"
        switch job.failureKind {
        case .input:
            return
                "jobctl rerun \(id) --edit opens the input in an editor, and enqueues it once it is correct"
        case .lost:
            return "\(retry) asks for its request once more and buys nothing; --resubmit buys it again"
        case .output:
            return "\(retry) asks for the result again and buys nothing; --resubmit buys it again"
        case .download: return "\(retry) downloads it again and buys nothing"
        case .deadline: return "\(retry) continues to follow its request and buys nothing"
        case .remote, nil:
            let cost = try context.models.price(of: job).map { " (about \(Money.text($0)))" } ?? ""
            return "\(retry) submits it again, which is paid for\(job.submissions > 0 ? " again" : "")\(cost)"
        }
    }
}
