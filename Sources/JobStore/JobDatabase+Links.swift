internal import JSON
package import JobModel
internal import SQL

/// What jobs are made from: the references in their inputs.
extension JobDatabase {
    /// The references in the input of `id`, in the order of their paths.
    package func links(of id: Int64) throws -> [Link] {
        try readAhead.links.removeValue(forKey: id)
            ?? all("SELECT * FROM links WHERE job_id = ?1 ORDER BY path", id) { try Link($0) }
    }

    /// The references to outputs of `id`, by the jobs that have them.
    package func links(to id: Int64, limit: Int) throws -> [Link] {
        try all(
            "SELECT * FROM links INDEXED BY links_lineage WHERE source_id = ?1 ORDER BY job_id LIMIT ?2", id,
            limit
        ) { try Link($0) }
    }

    /// The same, with the states of the jobs that have them.
    package func users(of id: Int64, limit: Int) throws -> [LinkedJob] {
        try all(
            """
            SELECT l.*, jobs.state
            FROM links AS l INDEXED BY links_lineage LEFT JOIN jobs ON jobs.id = l.job_id
            WHERE l.source_id = ?1 ORDER BY l.job_id LIMIT ?2
            """, id, limit
        ) { LinkedJob(try Link($0), in: $0.optionalText(6).flatMap(JobState.init)) }
    }

    /// The references of `id` that have no output yet.
    package func missing(of id: Int64) throws -> [Link] {
        try all(
            """
            SELECT l.* FROM links AS l JOIN missing_sources AS m USING (job_id, path)
            WHERE m.job_id = ?1 ORDER BY l.path
            """, id
        ) { try Link($0) }
    }

    /// The jobs for which others wait, although they have ended: their outputs are to be picked, or they have
    /// failed or were cancelled. Of many waiting jobs only the oldest are looked at.
    package func waitedForInVain(limit: Int) throws -> (toPick: [Int64], failed: [Int64]) {
        let rows = try all(
            """
            WITH waiting (id) AS (
                SELECT id FROM jobs INDEXED BY jobs_waits_for
                WHERE waits_for > 0 AND ended_at IS NULL ORDER BY id LIMIT 10000)
            SELECT DISTINCT m.source_id, CASE WHEN s.state = 'completed' THEN 1 ELSE 0 END
            FROM waiting JOIN missing_sources AS m ON m.job_id = waiting.id
                LEFT JOIN jobs AS s ON s.id = m.source_id
            WHERE s.id IS NULL OR s.ended_at IS NOT NULL ORDER BY m.source_id LIMIT ?1
            """, limit
        ) { ($0.integer(0), $0.integer(1) == 1) }
        return (rows.filter(\.1).map(\.0), rows.filter { !$0.1 }.map(\.0))
    }

    /// The references that wait until an output of `source` is picked.
    package func waitingForPick(of source: Int64) throws -> [Link] {
        try all(
            """
            SELECT l.* FROM missing_sources AS m JOIN links AS l USING (job_id, path)
                JOIN jobs AS j ON j.id = l.job_id
            WHERE m.source_id = ?1 AND m.output = 'pick' AND j.ended_at IS NULL ORDER BY l.job_id, l.path
            """, source
        ) { try Link($0) }
    }

    /// The references to picked outputs of `source` by jobs that have been sent.
    package func sentPicks(of source: Int64) throws -> [Link] {
        try all(
            """
            SELECT l.* FROM links AS l INDEXED BY links_lineage JOIN jobs AS j ON j.id = l.job_id
            WHERE l.source_id = ?1 AND l.output = 'pick' AND l.resolved_at IS NOT NULL
            ORDER BY l.job_id, l.path
            """, source
        ) { try Link($0) }
    }

    /// A job that failed, was cancelled or is no longer there, and for which `id` waits, directly or not.
    package func failedSource(of id: Int64) throws -> Int64? {
        try first(
            """
            WITH RECURSIVE above (id) AS (
                VALUES (?1)
                UNION
                SELECT m.source_id FROM above JOIN missing_sources AS m ON m.job_id = above.id
            )
            SELECT above.id FROM above LEFT JOIN jobs ON jobs.id = above.id
            WHERE above.id <> ?1 AND (jobs.id IS NULL OR jobs.state IN ('failed', 'cancelled')) LIMIT 1
            """, id
        ) { $0.integer(0) }
    }

    /// A reference of `id` that nothing can fulfil any more: its source is gone, or made less.
    func unmakeable(of id: Int64) throws -> Link? {
        try first(
            """
            SELECT l.* FROM links AS l LEFT JOIN jobs AS s ON s.id = l.source_id
            WHERE l.job_id = ?1 AND (s.id IS NULL
                OR (s.state = 'completed' AND l.output NOT IN ('all', 'pick') AND NOT EXISTS (
                    SELECT 1 FROM outputs
                    WHERE job_id = l.source_id AND CAST(position AS TEXT) = l.output)))
            ORDER BY l.path LIMIT 1
            """, id
        ) { try Link($0) }
    }

    /// What the references of a job became: it is sent now. Inside the transaction that says so.
    package func resolve(_ links: [Link], at moment: Timestamp) throws {
        for link in links {
            try run(
                "UPDATE links SET resolved_at = ?3, sent = ?4 WHERE job_id = ?1 AND path = ?2", link.jobID,
                link.path, moment, JSON.array(link.sent.map { .integer($0) }).text)
        }
    }

    /// Counts again what `id` waits for: people may have changed its sources with sqlite3.
    package func countMissing(of id: Int64) throws {
        try run("INSERT INTO missing_sources (job_id) VALUES (?1)", id)
    }

    /// Marks outputs of `id` as chosen, in place of those that were; inside the caller's transaction.
    package func pick(_ positions: [Int64], of id: Int64, by program: String) throws {
        let now = now
        let list = JSON.array(positions.map { .integer($0) })
        try run(
            """
            UPDATE outputs SET
                picked_at = CASE WHEN position IN (SELECT CAST(value AS BIGINT) FROM json_each(?2))
                    THEN coalesce(picked_at, ?3) END
            WHERE job_id = ?1
                AND (picked_at IS NOT NULL) <> (position IN (SELECT CAST(value AS BIGINT) FROM json_each(?2)))
            """, id, list.text, now)
        // Whoever picks here also brings what is beside the files up to date; on another machine, its jobd.
        try run("DELETE FROM changed_picks WHERE job_id = ?1 AND NOT \(hasFilesElsewhere)", id)
        try append(.changed, ["picked": list, "by": .string(program)], job: id, at: now)
    }

    /// Jobs of which another program has changed what is picked, and how often.
    package func changedPicks(limit: Int) throws -> [(job: Int64, changes: Int64)] {
        try all(
            "SELECT job_id, changes FROM changed_picks WHERE NOT \(hasFilesElsewhere) LIMIT ?1", limit
        ) { ($0.integer(0), $0.integer(1)) }
    }

    /// Whether files of a job of `changed_picks` are on another machine, whose jobd has to deal with them.
    private var hasFilesElsewhere: String {
        guard isShared else { return "FALSE" }
        return """
            EXISTS (
                SELECT 1 FROM outputs
                WHERE outputs.job_id = changed_picks.job_id AND state = 'done'
                    AND host <> '\(Lease.Holder.hostName.quoted)')
            """
    }

    /// That is done, unless it has changed once more since; inside the caller's transaction.
    package func forgetChangedPick(of job: Int64, changes: Int64) throws {
        try run("DELETE FROM changed_picks WHERE job_id = ?1 AND changes = ?2", job, changes)
    }

    /// The jobs of which an output is picked, oldest first.
    package func pickedJobs() throws -> [Int64] {
        try all(
            """
            SELECT DISTINCT job_id FROM outputs INDEXED BY outputs_picked
            WHERE picked_at IS NOT NULL ORDER BY job_id
            """
        ) { $0.integer(0) }
    }

    /// The jobs that wait for one of `ids`, and those that wait for them, without `ids`, in order.
    package func waiting(for ids: [Int64]) throws -> [Int64] {
        try all(
            """
            WITH RECURSIVE known (id) AS (
                SELECT CAST(value AS BIGINT) FROM json_each(?1)
                UNION
                SELECT links.job_id FROM known JOIN links ON links.source_id = known.id
                    JOIN jobs ON jobs.id = links.job_id
                WHERE links.resolved_at IS NULL AND jobs.state IN ('held', 'queued')
            )
            SELECT id FROM known
            WHERE id NOT IN (SELECT CAST(value AS BIGINT) FROM json_each(?1)) ORDER BY id
            """, JSON.array(ids.map { .integer($0) }).text
        ) { $0.integer(0) }
    }

    /// The references to outputs of `sources` that these did not make, by jobs that wait for them.
    func waitingInVain(for sources: [Int64]) throws -> [Link] {
        try all(
            """
            SELECT l.* FROM links AS l CROSS JOIN jobs AS j CROSS JOIN jobs AS s
            WHERE l.source_id \(isAmong("?1")) AND l.resolved_at IS NULL
                AND j.id = l.job_id AND j.state IN ('held', 'queued')
                AND s.id = l.source_id AND s.state = 'completed'
                AND l.output NOT IN ('all', 'pick') AND NOT EXISTS (
                    SELECT 1 FROM outputs
                    WHERE job_id = l.source_id AND CAST(position AS TEXT) = l.output)
            ORDER BY l.source_id, l.job_id, l.path
            """, list(sources)
        ) { try Link($0) }
    }

    /// Cancels what waits in vain for jobs that this transaction has completed: they made fewer outputs than
    /// were asked for.
    func cancelWaitingInVain() throws {
        if completed.isEmpty { return }
        let sources = completed
        completed = []
        for link in try waitingInVain(for: sources) {
            let reason =
                "job \(link.sourceID) made no output \(link.part.word), which \(link.path) asks for"
            for id in [link.jobID] + (try waiting(for: [link.jobID])) { try cancelWaiting(id, reason) }
        }
    }

    /// Cancels everything that waits for `source`, directly or not, and returns it; inside the caller's
    /// transaction.
    func cancelWaiting(for source: Int64) throws -> [Int64] {
        let ids = try waiting(for: [source])
        for id in ids { try cancelWaiting(id, "job \(source), which it waited for, was cancelled") }
        return ids
    }

    /// It may wait for several jobs, and be cancelled already.
    private func cancelWaiting(_ id: Int64, _ reason: String) throws {
        guard let job = try find(id), !job.state.hasEnded else { return }
        _ = try record(.cancelledWithSource(reason: reason), for: id, in: job.state)
    }
}
