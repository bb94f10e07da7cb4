internal import Glibc
package import JobModel
internal import SQL

/// Who works on the store. With a database file it is always the only jobd.
extension JobDatabase {
    /// Begins a lease. Whoever had the state directory before is over, since the caller holds its lock.
    func take(_ lease: Lease) throws {
        guard let server else { return }
        // Without a new lease, nothing can be written under the old one.
        let fence = server.whenLocked
        server.whenLocked = nil
        defer { if server.whenLocked == nil { server.whenLocked = fence } }
        let start = ContinuousClock.now
        let holder = lease.holder
        let id = try transaction {
            try run(
                "UPDATE daemons SET ended_at = ?3 WHERE host = ?1 AND state_dir = ?2 AND ended_at IS NULL",
                holder.host, holder.stateDirectory, now)
            try run(
                """
                DELETE FROM daemons
                WHERE ended_at IS NOT NULL AND lease_until < clock_timestamp() - interval '1 day'
                    AND NOT EXISTS (SELECT 1 FROM jobs WHERE owner = daemons.id)
                """)
            let id = try connection.insert(
                """
                INSERT INTO daemons (host, state_dir, since, lease_until, post_limit_s, settings)
                VALUES (?1, ?2, ?3, clock_timestamp() + make_interval(secs => ?4), ?5, ?6)
                """,
                [
                    holder.host, holder.stateDirectory, now, Double(Lease.length.components.seconds),
                    Double(holder.longestPost.components.seconds), holder.settings,
                ])
            try run(
                """
                UPDATE jobs SET owner = ?1
                WHERE owner IN (SELECT id FROM daemons WHERE host = ?2 AND state_dir = ?3 AND id <> ?1)
                """, id, holder.host, holder.stateDirectory)
            return id
        }
        // All that jobd reads has an index; a plan must not depend on whether a table was analysed.
        try server.always("jobd.daemon", "SET jobd.daemon = '\(id)'; SET enable_seqscan = off")
        try server.always("jobd.host", "SELECT set_config('jobd.host', '\(holder.host.quoted)', false)")
        server.patience = Self.patience
        lease.begin(id, at: start)
        self.lease = lease
        server.whenLocked = { [unowned self] in try renew(id) }
    }

    /// How long a running jobd waits for a server that is not there, before it does something else.
    private static let patience = Duration.seconds(1)

    /// Proves and renews the lease, in the caller's transaction: until that ends, nobody can take over.
    private func renew(_ id: Int64) throws {
        let renewed = try first(
            """
            UPDATE daemons SET beat = beat + 1,
                lease_until = greatest(lease_until, clock_timestamp() + make_interval(secs => ?2))
            WHERE id = ?1 AND ended_at IS NULL RETURNING beat
            """, id, Double(Lease.length.components.seconds)
        ) { $0.integer(0) }
        guard let beat = renewed else { throw StoreError.deposed }
        server?.proof = { [unowned self] in
            try exists("SELECT 1 FROM daemons WHERE id = ?1 AND beat >= ?2", id, beat)
        }
    }

    /// Tells the jobds of a transaction that is not one of theirs, and writes the mark that proves it if the
    /// answer to its commit is lost. Nobody asks for a mark after two minutes.
    func announceCommit() throws {
        let mark = "commit " + String(UInt64.random(in: 0 ... .max), radix: 16)
        try run("SELECT pg_notify(?1, '')", StoreListener.channel)
        try run(
            """
            DELETE FROM daemon_settings WHERE name > 'commit ' AND name < 'commit!'
                AND value < to_char((clock_timestamp() AT TIME ZONE 'UTC') - interval '2 minutes',
                    'YYYY-MM-DD HH24:MI:SS.MS')
            """)
        try run("INSERT INTO daemon_settings (name, value) VALUES (?1, present())", mark)
        server?.proof = { [unowned self] in
            try exists("SELECT 1 FROM daemon_settings WHERE name = ?1", mark)
        }
    }

    /// The lease that this transaction proves; nil if the store is not shared.
    package var leaseID: Int64? { lease?.id }

    /// Tells the others by which settings this jobd goes now.
    package func tellSettings() throws {
        guard let lease, let id = lease.id else { return }
        try run(
            "UPDATE daemons SET settings = ?2, post_limit_s = ?3 WHERE id = ?1", id, lease.holder.settings,
            Double(lease.holder.longestPost.components.seconds))
    }

    /// Ends the lease: the others take over at once what is not done.
    func endLease() throws {
        guard let id = lease?.id else { return }
        _ = try transaction {
            try run("UPDATE daemons SET ended_at = ?2 WHERE id = ?1", id, now)
        }
    }

    /// Takes over the jobs of jobds whose lease has ended, inside the caller's transaction. Nothing is sent
    /// for that: requests are followed, and what was being sent becomes uncertain once its answer would have
    /// come.
    ///
    /// - Returns: the jobs to follow, and those in doubt; without their inputs.
    package func takeOver() throws -> (followed: [Job], doubted: [Job]) {
        // Who was kept from writing must not take the others for dead, who were kept from it, too.
        guard let lease, let id = lease.id, lease.isFresh else { return ([], []) }
        try run(
            "UPDATE daemons SET ended_at = ?1 WHERE ended_at IS NULL AND lease_until < clock_timestamp()", now
        )
        let orphans = try all(
            """
            UPDATE jobs SET owner = ?1
            WHERE state IN ('in_queue', 'in_progress', 'downloading') AND state <> 'completed'
                AND (owner IS NULL OR owner IN (SELECT id FROM daemons WHERE ended_at IS NOT NULL))
            RETURNING id
            """, id
        ) { $0.integer(0) }
        let unanswered = try all(
            """
            UPDATE jobs SET owner = ?1
            WHERE state = 'submitting' AND state <> 'completed'
                AND (owner IS NULL OR owner IN (SELECT id FROM daemons
                    WHERE ended_at IS NOT NULL
                        AND lease_until + make_interval(secs => post_limit_s) < clock_timestamp()))
            RETURNING id
            """, id
        ) { $0.integer(0) }
        return (
            try orphans.compactMap { try find($0)?.withoutInput },
            try unanswered.map { try record(.daemonRestarted, for: $0, in: .submitting).withoutInput }
        )
    }

    /// The end of a condition on `jobs`: only those that this jobd follows.
    var ownJobs: String { lease?.id.map { " AND owner = \($0)" } ?? "" }

    /// The job, unless another jobd follows it.
    package func findOwn(_ id: Int64) throws -> Job? {
        try first("SELECT * FROM jobs WHERE id = ?1\(ownJobs)", id) { try Job($0) }
    }

    /// Whether this jobd does what only one of those that share the store should do. That is the oldest.
    package func isLeading() throws -> Bool {
        guard let id = lease?.id else { return true }
        return try first("SELECT min(id) FROM daemons WHERE ended_at IS NULL") { $0.integer(0) } == id
    }

    /// Whether this jobd is the one that tries whether submissions can go on; inside the caller's
    /// transaction.
    package func isProbing() throws -> Bool {
        guard let id = lease?.id else { return true }
        let present = try first(
            """
            SELECT daemons.id FROM daemon_settings JOIN daemons ON CAST(daemons.id AS TEXT) = value
            WHERE name = 'prober' AND ended_at IS NULL AND lease_until > clock_timestamp()
            """
        ) { $0.integer(0) }
        if let present { return present == id }
        try run(
            """
            INSERT INTO daemon_settings (name, value) VALUES ('prober', ?1)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """, String(id))
        return true
    }
}

extension String {
    /// For a text in single quotes.
    var quoted: String {
        split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
    }
}
