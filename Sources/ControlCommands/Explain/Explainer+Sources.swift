internal import CommandLineTool
internal import JobModel
internal import JobStore

/// What a job that is made from others waits for.
extension Explainer {
    /// Nil if all its sources are there.
    func waitsForSources() throws -> Explanation? {
        switch try SourceWait(of: job, in: store) {
        case nil: return nil
        case .pick(let link)?: return try waitsForPick(of: link)
        case .failed(let source)?: return try waitsForFailed(source)
        case .gone(let link)?:
            return because(
                .sourceFailed,
                "it waits for output \(link.part.word) of job \(link.sourceID), which is not there",
                hint: "jobctl cancel \(id)")
        case .source(let source, let count)?:
            let others = count > 0 ? ", and for \(NumberText.of(count, "other reference"))" : ""
            return because(
                .source, "it waits for job \(source.id), which is \(source.state.rawValue)\(others)",
                hint: "jobctl explain \(source.id)")
        }
    }

    private func waitsForFailed(_ source: Job) throws -> Explanation {
        let kind = source.failureKind.map { "failed (\($0.rawValue))" } ?? "was cancelled"
        let retry = JobEvent.retried(resubmit: false)
        let words = "it waits for job \(source.id), which \(kind)"
        if let obstacle = try store.obstacle(to: retry, of: source) {
            return because(
                .sourceFailed, "\(words) and \(obstacle)",
                hint: "jobctl cancel \(id) gives this job up; jobctl rerun makes it from another")
        }
        let effect =
            source.purchase(by: retry) == nil
            ? "goes on with it" : source.submissions == 0 ? "queues it again" : "buys it again"
        return because(
            .sourceFailed, words,
            hint: "jobctl retry \(source.id) \(effect); jobctl cancel \(id) gives this job up")
    }

    private func waitsForPick(of link: Link) throws -> Explanation {
        let outputs = try store.outputs(of: link.sourceID)
        let picked = outputs.count { $0.pickedAt != nil }
        let words =
            picked == 0
            ? "it waits for your pick among the \(NumberText.of(outputs.count, "output")) "
                + "of job \(link.sourceID)"
            : "it takes one file, and \(picked) outputs of job \(link.sourceID) are picked"
        return because(.pick, words, hint: "jobctl pick \(link.sourceID) N")
    }
}
