internal import JSON
package import JobModel
internal import SQLite

/// A job that has ended, and when: a place in the order in which jobs are pruned.
package struct EndedJob: Equatable, Sendable {
    package let id: Int64
    package let endedAt: Timestamp
}

/// What is forgotten: each piece inside a transaction of the caller's, and only of jobs that have ended.
extension JobDatabase {
    /// The next jobs that ended before `moment` and that `filter` means, the longest ended first.
    ///
    /// Those of the last one's own moment are asked for apart: there may be a hundred thousand of them.
    package func ended(
        before moment: Timestamp, _ filter: JobFilter, after place: EndedJob?, limit: Int
    ) throws -> [EndedJob] {
        try perform {
            try connection.all(
                """
                SELECT id, ended_at FROM jobs INDEXED BY jobs_ended
                WHERE ended_at IS NOT NULL AND ended_at = ?1 AND id > ?2 AND ended_at < ?3
                    AND (?4 IS NULL OR instr(?4, '"' || state || '"')) AND (?5 IS NULL OR model GLOB ?5)
                    AND (?6 IS NULL OR label = ?6)
                UNION ALL
                SELECT id, ended_at FROM jobs INDEXED BY jobs_ended
                WHERE ended_at IS NOT NULL AND ended_at > ?1 AND ended_at < ?3
                    AND (?4 IS NULL OR instr(?4, '"' || state || '"')) AND (?5 IS NULL OR model GLOB ?5)
                    AND (?6 IS NULL OR label = ?6)
                ORDER BY ended_at, id LIMIT ?7
                """,
                place?.endedAt.description ?? "", place?.id ?? 0, moment, filter.stateWords,
                filter.modelPattern,
                filter.label, limit
            ) { row in EndedJob(id: row.integer(0), endedAt: row.timestamp(1) ?? moment) }
        }
    }

    /// Forgets what the job was asked to make; all else stays. Answers whether there was something to forget.
    package func removeInput(of id: Int64, by program: String) throws -> Bool {
        try perform {
            let now = now
            let changed = try connection.run(
                """
                UPDATE jobs SET input = '{}', input_removed_at = ?2
                WHERE id = ?1 AND ended_at IS NOT NULL AND input_removed_at IS NULL
                """, id, now)
            guard changed > 0 else { return false }
            try append(
                .changed, ["input": .string("pruned"), "by": .string(program)], job: id, at: now)
            return true
        }
    }

    /// Notes that files of the job are no longer on disk.
    package func noteRemoved(_ positions: [Int64], of id: Int64, by program: String) throws {
        try perform {
            let now = now
            for position in positions {
                try connection.run(
                    "UPDATE outputs SET removed_at = ?3 WHERE job_id = ?1 AND position = ?2 AND state = 'done'",
                    id, position, now)
            }
            let list = JSON.array(positions.map { .integer($0) })
            try append(
                .changed, ["files": .string("pruned"), "outputs": list, "by": .string(program)], job: id,
                at: now)
        }
    }

    /// The file is there still: it could not be removed.
    package func takeBackRemoval(of output: Output) throws {
        _ = try perform {
            try connection.run(
                "UPDATE outputs SET removed_at = NULL WHERE job_id = ?1 AND position = ?2", output.jobID,
                output.position)
        }
    }

    /// Whether the job ended before `moment`, and has not been taken up again.
    package func hasEnded(_ id: Int64, before moment: Timestamp) throws -> Bool {
        try perform {
            try connection.first(
                "SELECT 1 FROM jobs WHERE id = ?1 AND ended_at IS NOT NULL AND ended_at < ?2", id, moment
            ) { _ in true } ?? false
        }
    }

    /// Forgets the job, its outputs and its events. What it cost stays in `charges`; its id is never used
    /// again.
    package func removeRow(of id: Int64) throws -> Bool {
        try perform {
            try connection.run("DELETE FROM jobs WHERE id = ?1 AND ended_at IS NOT NULL", id) > 0
        }
    }
}
