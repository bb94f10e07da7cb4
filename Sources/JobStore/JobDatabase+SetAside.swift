internal import JSON
internal import JobModel
internal import SQL

/// Why jobs that may have been sent are set aside.
package enum SetAsideReason: String, CaseIterable, Sendable {
    case restoredBackup = "a backup was restored, and it may have been sent since that was made"
    case olderDatabase = "the database is older than what jobd has sent, and it may be among that"
}

/// The jobs that were set aside.
package struct SetAside: Equatable, Sendable {
    package var held: [Int64] = []
    package var uncertain: [Int64] = []

    /// What happened, for the log and for `on_attention`.
    package var words: String {
        func jobs(_ count: Int, _ state: String) -> String {
            "\(count) \(count == 1 ? "job is" : "jobs are") \(state)"
        }
        return "the database is older than what was sent, as if a copy had been put in its place: "
            + "\(jobs(held.count, "held")) and \(jobs(uncertain.count, "uncertain")), "
            + "which may have been sent"
    }
}

extension JobDatabase {
    private static let name = "set_aside"

    /// Sets aside every job that may have been sent since this database was current; inside the caller's
    /// transaction. What RunComfy has continues.
    func setAside(_ reason: SetAsideReason) throws -> SetAside {
        func ids(_ state: JobState) throws -> [Int64] {
            try all(
                """
                SELECT id FROM jobs INDEXED BY jobs_state
                WHERE state = ?1 AND state <> 'completed' ORDER BY id
                """,
                state.rawValue
            ) { $0.integer(0) }
        }
        let found = SetAside(held: try ids(.queued), uncertain: try ids(.submitting))
        for id in found.held { _ = try record(.setAside(reason: reason.rawValue), for: id, in: .queued) }
        for id in found.uncertain {
            _ = try record(.unanswered(reason: reason.rawValue), for: id, in: .submitting)
        }
        if !found.held.isEmpty {
            try run(
                """
                INSERT INTO daemon_settings (name, value) VALUES (?1, ?2)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value
                """, Self.name, now.description)
        }
        return found
    }

    /// The first jobs that are still set aside. Looking for them costs something only once there were any.
    package func stillSetAside(limit: Int) throws -> [Int64] {
        guard try exists("SELECT 1 FROM daemon_settings WHERE name = ?1", Self.name) else { return [] }
        let reasons = SetAsideReason.allCases.map(\.rawValue)
        return try all(
            """
            SELECT id FROM jobs INDEXED BY jobs_state
            WHERE state = 'held' AND state <> 'completed' AND error_message IN (?1, ?2) ORDER BY id LIMIT ?3
            """, reasons[0], reasons[1], limit
        ) { $0.integer(0) }
    }

    /// Ends the search for jobs that are set aside if there are none; inside the caller's transaction.
    package func forgetSetAside() throws {
        guard try stillSetAside(limit: 1).isEmpty else { return }
        try run("DELETE FROM daemon_settings WHERE name = ?1", Self.name)
    }
}
