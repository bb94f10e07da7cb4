internal import CommandLineTool
internal import JobModel
internal import JobStore

/// What a job that is made from others waits for.
extension Explainer {
    /// Nil if all its sources are there.
    func waitsForSources() throws -> Explanation? {
        guard job.waitsFor > 0 else { return nil }
        let missing = try store.missing(of: id).map { ($0, try store.find($0.sourceID)) }
        if let (link, source) = missing.first(where: {
            $0.1?.state.hasEnded ?? true && $0.1?.state != .completed
        }) {
            return waits(for: link, thatFailed: source)
        }
        let unfinished = missing.first { $0.1?.state != .completed }
        guard let (link, source) = unfinished ?? missing.first, let source else { return nil }
        if source.state == .completed {
            if link.part == .pick { return try waitsForPick(of: link) }
            return waits(for: link, thatFailed: nil)
        }
        let others =
            missing.count > 1 ? ", and for \(NumberText.of(missing.count - 1, "other reference"))" : ""
        return because(
            .source, "it waits for job \(source.id), which is \(source.state.rawValue)\(others)",
            hint: "jobctl explain \(source.id)")
    }

    private func waits(for link: Link, thatFailed source: Job?) -> Explanation {
        guard let source else {
            return because(
                .sourceFailed,
                "it waits for output \(link.part.word) of job \(link.sourceID), which is not there",
                hint: "jobctl cancel \(id)")
        }
        let kind = source.failureKind.map { "failed (\($0.rawValue))" } ?? "was cancelled"
        let buys = source.purchase(by: .retried(resubmit: false)) == nil ? "goes on with it" : "buys it again"
        return because(
            .sourceFailed, "it waits for job \(source.id), which \(kind)",
            hint: "jobctl retry \(source.id) \(buys); jobctl cancel \(id) gives this job up")
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
