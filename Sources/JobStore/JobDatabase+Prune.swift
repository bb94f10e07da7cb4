internal import JSON
package import JobModel
internal import SQL

/// A job that has ended, and when: jobs are pruned in this order.
package struct EndedJob: Equatable, Sendable {
    package let id: Int64
    package let endedAt: Timestamp
}

/// What is forgotten, and only of jobs that have ended; each inside the caller's transaction.
extension JobDatabase {
    /// The next jobs after `last` that ended before `moment` and match `filter`, oldest end first.
    ///
    /// Sources that others wait for are left out. Those that ended with the last one are queried separately:
    /// there may be a hundred thousand of them.
    package func ended(
        before moment: Timestamp, _ filter: JobFilter, after last: EndedJob?, limit: Int
    ) throws -> [EndedJob] {
        try all(
            """
            SELECT id, ended_at FROM jobs INDEXED BY jobs_ended
            WHERE ended_at IS NOT NULL AND ended_at = ?1 AND id > ?2 AND ended_at < ?3
                AND (?4 IS NULL OR instr(?4, '"' || state || '"') > 0) AND (?5 IS NULL OR glob(?5, model))
                AND (?6 IS NULL OR label = ?6)
                AND NOT EXISTS (SELECT 1 FROM needed_sources WHERE needed_sources.id = jobs.id)
            UNION ALL
            SELECT id, ended_at FROM jobs INDEXED BY jobs_ended
            WHERE ended_at IS NOT NULL AND ended_at > ?1 AND ended_at < ?3
                AND (?4 IS NULL OR instr(?4, '"' || state || '"') > 0) AND (?5 IS NULL OR glob(?5, model))
                AND (?6 IS NULL OR label = ?6)
                AND NOT EXISTS (SELECT 1 FROM needed_sources WHERE needed_sources.id = jobs.id)
            ORDER BY ended_at, id LIMIT ?7
            """,
            last?.endedAt.description ?? "", last?.id ?? 0, moment, filter.stateWords, filter.modelPattern,
            filter.label, limit
        ) { row in EndedJob(id: row.integer(0), endedAt: row.timestamp(1) ?? moment) }
    }

    /// Forgets only the job's input. Returns whether there was one to forget.
    package func removeInput(of id: Int64, by program: String) throws -> Bool {
        let now = now
        let changed = try rowsChanged(
            by: """
                UPDATE jobs SET input = '{}', input_removed_at = ?2
                WHERE id = ?1 AND ended_at IS NOT NULL AND input_removed_at IS NULL
                """, id, now)
        guard changed > 0 else { return false }
        try append(.changed, ["input": "pruned", "by": .string(program)], job: id, at: now)
        return true
    }

    /// Records that files of the job are no longer on disk.
    package func noteRemoved(_ positions: [Int64], of id: Int64, by program: String) throws {
        let now = now
        for position in positions {
            try run(
                "UPDATE outputs SET removed_at = ?3 WHERE job_id = ?1 AND position = ?2 AND state = 'done'",
                id, position, now)
            try run(
                """
                INSERT INTO removed_objects (object) SELECT object FROM outputs
                WHERE job_id = ?1 AND position = ?2 AND removed_at IS NOT NULL AND object IS NOT NULL
                ON CONFLICT DO NOTHING
                """, id, position)
        }
        let list = JSON.array(positions.map { .integer($0) })
        try append(.changed, ["files": "pruned", "outputs": list, "by": .string(program)], job: id, at: now)
    }

    /// The file could not be removed.
    package func takeBackRemoval(of output: Output) throws {
        // jobd may have removed its object already.
        try run(
            """
            UPDATE outputs SET removed_at = NULL, object = iif(
                local IS NOT NULL OR object IN (SELECT object FROM removed_objects), object, NULL)
            WHERE job_id = ?1 AND position = ?2
            """, output.jobID, output.position)
        if let object = output.object.flatMap(ObjectName.init) { try forget(object) }
    }

    /// Whether the job ended before `moment`, was not resumed, and is no source that others wait for.
    package func hasEnded(_ id: Int64, before moment: Timestamp) throws -> Bool {
        try exists(
            """
            SELECT 1 FROM jobs WHERE id = ?1 AND ended_at IS NOT NULL AND ended_at < ?2
                AND NOT EXISTS (SELECT 1 FROM needed_sources WHERE needed_sources.id = jobs.id)
            """, id, moment)
    }

    /// Forgets the job, its outputs and its events. Its cost stays in `charges`; its id is never used again.
    package func removeRow(of id: Int64) throws -> Bool {
        try rowsChanged(by: "DELETE FROM jobs WHERE id = ?1 AND ended_at IS NOT NULL", id) > 0
    }
}
