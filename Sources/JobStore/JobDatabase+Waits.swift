internal import JSON
internal import JobModel
internal import SQL

/// What `on_attention` hears of chains: that an output is to be picked, or that a source has failed.
extension JobDatabase {
    private static let waitsMark = "waits"

    /// Reads the next events, and writes one about each source that has ended and for which jobs wait
    /// nevertheless. Each end of a source is such a reason once, and so are the first jobs that come later.
    /// Returns false if there was no event to read.
    package func noteWaitsInVain(limit: Int) throws -> Bool {
        let new = try events(after: mark(Self.waitsMark), limit: limit)
        guard let last = new.last else { return false }
        var noted: Set<Int64> = []
        for event in new {
            for source in try sourcesToNote(event) where noted.insert(source).inserted { try note(source) }
        }
        try setMark(Self.waitsMark, last.id)
        return true
    }

    private func sourcesToNote(_ event: StoredEvent) throws -> [Int64] {
        guard let job = event.jobID else { return [] }
        switch event.kind {
        case .ended:
            // What has gone on since, or ended once more, is another reason.
            let isLast = try lastEvent(.ended, of: job)?.id == event.id
            return try isLast && !waitingInVain(on: job, limit: 1).isEmpty ? [job] : []
        case .enqueued, .retried:
            return try Set(missing(of: job).map(\.sourceID)).sorted().filter { source in
                try lastEvent(.ended, of: source).map { $0.id < event.id } ?? true
                    && waitingInVain(on: source, limit: 1) == [job]
            }
        default: return []
        }
    }

    /// The jobs that wait for `source` although it has ended, or is not there any more, in order.
    private func waitingInVain(on source: Int64, limit: Int) throws -> [Int64] {
        try all(
            """
            SELECT DISTINCT m.job_id
            FROM missing_sources AS m JOIN jobs AS j ON j.id = m.job_id
                LEFT JOIN jobs AS s ON s.id = m.source_id
            WHERE m.source_id = ?1 AND j.ended_at IS NULL AND (s.id IS NULL OR s.ended_at IS NOT NULL)
            ORDER BY m.job_id LIMIT ?2
            """, source, limit
        ) { $0.integer(0) }
    }

    private func note(_ source: Int64) throws {
        let ids = try waitingInVain(on: source, limit: 10_000)
        let who =
            ids.count == 1 ? "job \(ids[0]) waits" : "jobs \(JobIDs.text(of: ids) ?? "\(ids[0]), …") wait"
        let state = try find(source)?.state
        let words =
            switch state {
            case .completed?: "is completed, and \(who) for your pick among its outputs"
            case .failed?: "has failed, and \(who) for it"
            case .cancelled?: "was cancelled, and \(who) for it"
            default: "is not there any more, and \(who) for it"
            }
        try append(
            .fault,
            [
                "wait": .string(state == .completed ? "pick" : "source_failed"), "source": .integer(source),
                "detail": .string("job \(source) \(words)"),
            ], job: nil, at: now)
    }
}

extension StoredEvent {
    /// The job that the event is about, if it is about one: `on_attention` gets it.
    package var subject: Int64? {
        guard jobID == nil, kind == .fault else { return jobID }
        return (try? JSON(parsing: detail))?["source"]?.integer
    }
}
