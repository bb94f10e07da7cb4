internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Policy
internal import Startup

/// What is over, and whether it can be had again.
extension Explainer {
    private var when: String { job.endedAt.map { situation.relative($0) } ?? "" }

    func completed() throws -> Explanation {
        let outputs = try store.outputs(of: id)
        let there = outputs.filter { $0.removedAt == nil }.compactMap(\.path)
        let start = "job \(id) is completed (\(when)): "
        guard let first = there.first else {
            return Explanation(
                .completed, start + "nothing is left to wait for, and its files were pruned",
                hint: job.inputRemovedAt == nil ? "to make it again: jobctl rerun \(id)" : nil)
        }
        let path = OutputPlaces(store.directory).file(first).absolutePath
        return Explanation(
            .completed,
            start
                + (there.count == 1
                    ? "its file is \(path)" : "its \(Self.files(there.count)) are \(path) and so on"),
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
        case .remote: "it went wrong at RunComfy"
        case .lost: "RunComfy says that it does not know its request"
        case .output: "RunComfy finished it without usable output"
        case .download: "its output could not be had"
        case .deadline: "it was still unfinished after its deadline"
        case nil: "it is not known why"
        }
    }

    func cancelled() throws -> Explanation {
        let isRemote = job.requestID != nil
        return Explanation(
            .cancelled,
            "job \(id) was cancelled \(when)"
                + (isRemote ? ", after RunComfy had taken it" : ", before it was bought")
                + (job.submissions > 0 && !isRemote ? " for certain" : ""), hint: try retryHint())
    }

    /// What `retry` does with it, and whether that buys.
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
                "mend the input: jobctl show \(id) --json | jq .input >input.json; then: jobctl enqueue \(job.model) "
                + "--input input.json"
        case .lost:
            return
                "\(retry) asks for its request once more and buys nothing; with --resubmit it is bought anew"
        case .output:
            return "\(retry) asks for the result again and buys nothing; with --resubmit it is bought anew"
        case .download: return "\(retry) fetches it again and buys nothing"
        case .deadline: return "\(retry) goes on looking at its request and buys nothing"
        case .remote, nil:
            let cost = try situation.models.price(of: job).map { " (about \(Money.text($0)))" } ?? ""
            return
                "\(retry) submits it anew, which is \(job.submissions > 0 ? "paid for again" : "paid for")\(cost)"
        }
    }
}
