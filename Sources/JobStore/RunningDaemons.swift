package import JobModel
internal import SQL

/// A jobd that shares the store: a row of `daemons`.
package struct StoredDaemon: Equatable, Sendable {
    package let id: Int64
    package let host: String
    package let stateDirectory: String
    package let since: Timestamp?
    /// How long ago it has renewed its lease.
    package let silentSeconds: Double
    package let isAlive: Bool
    /// A JSON object.
    package let settings: String
}

extension JobDatabase {
    /// The jobds that have not ended, oldest first. A database file says nothing about its own.
    package func daemons() throws -> [StoredDaemon] {
        guard server != nil else { return [] }
        return try all(
            """
            SELECT id, host, state_dir, since,
                extract(epoch FROM clock_timestamp() - lease_until)::float8 + ?1,
                lease_until > clock_timestamp(), settings
            FROM daemons WHERE ended_at IS NULL ORDER BY id
            """, Double(Lease.length.components.seconds)
        ) {
            StoredDaemon(
                id: $0.integer(0), host: $0.text(1), stateDirectory: $0.text(2), since: $0.timestamp(3),
                silentSeconds: $0.real(4), isAlive: $0.integer(5) == 1, settings: $0.text(6))
        }
    }
}

/// The jobds that work on a store.
package struct RunningDaemons: Equatable, Sendable {
    /// The one of this state directory, which says what troubles it.
    package var own: StateLock.Holder?
    /// All of them, oldest first, also those that are silent; nil for a database file, which has only one.
    package var sharing: [StoredDaemon]?

    package init() {}

    package var isEmpty: Bool { sharing.map { !$0.contains(where: \.isAlive) } ?? (own == nil) }

    /// The one whose settings count for all: it was started last.
    package var newest: StoredDaemon? { sharing?.last { $0.isAlive } ?? sharing?.last }

    package var troubles: [Trouble] { own?.troubles ?? [] }
}

extension JobDatabase {
    package func runningDaemons() throws -> RunningDaemons {
        var found = RunningDaemons()
        let own = StateLock.daemon(of: directory)
        guard isShared else {
            found.own = own
            return found
        }
        let all = try daemons()
        found.sharing = all
        // A jobd of this directory may work on another store.
        let isOurs = { (daemon: StoredDaemon) in
            daemon.host == Lease.Holder.hostName && daemon.stateDirectory == self.directory.path
        }
        if all.contains(where: isOurs) { found.own = own }
        return found
    }

    /// The end of a condition on `outputs`: not those whose files are on other machines' disks.
    var ownFiles: String {
        guard isShared else { return "" }
        return " AND (local IS NOT DISTINCT FROM 'gone' OR host IS NULL"
            + " OR host = '\(Lease.Holder.hostName.quoted)')"
    }
}
