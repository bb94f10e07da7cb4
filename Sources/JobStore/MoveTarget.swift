internal import SQL

/// The shared store that a database is moved to.
///
/// While it is `arriving`, nobody writes to it: a trigger on each table refuses also those who were connected
/// before, and those who use no program of ours.
struct MoveTarget {
    enum State: Equatable {
        case open
        /// A move from this directory was begun, and not ended.
        case arrivingFromHere
        /// It was ended.
        case arrivedFromHere
        case arriving(from: String)
    }

    let address: StoreAddress
    /// What names the directory that the rows come from.
    private let origin: String
    private let tables: [String]
    private let server: PostgreSQLConnection

    init(
        _ address: StoreAddress, from origin: String, _ tables: [String], onWait: @escaping () -> Void
    ) throws {
        (self.address, self.origin, self.tables) = (address, origin, tables)
        let store = SharedStore(address: address)
        server = try store.connectedForMove(onWait: onWait)
        try StoreError.at(database: address.text) { [server] in
            guard
                let owner = try server.first(
                    """
                    SELECT CASE WHEN pg_has_role(relowner, 'USAGE') THEN NULL ELSE relowner::regrole::text END
                    FROM pg_class WHERE oid = 'jobs'::regclass
                    """, [], read: { $0.optionalText(0) }) ?? nil
            else { return }
            throw StoreError.denied(reason: "only \(owner), who owns its tables, may fill it")
        }
        // What was committed must not be lost once the file is given up.
        try StoreError.at(database: address.text) { [server] in
            try server.always(
                "moving",
                """
                SET jobd.moving = 'on';
                SELECT set_config('synchronous_commit', 'on', false)
                WHERE current_setting('synchronous_commit') IN ('off', 'local')
                """)
        }
    }

    private func at<Value>(_ body: () throws -> Value) throws -> Value {
        try StoreError.at(database: address.text, body)
    }

    // MARK: - Looking

    func state() throws -> State {
        try at {
            let settings = try SharedStore.settings(of: server)
            let source = settings[SharedStore.sourceSetting]
            let isArriving = settings[SharedStore.stateSetting] == SharedStore.arriving
            return switch (isArriving, source) {
            case (true, origin): .arrivingFromHere
            case (true, let other): .arriving(from: other ?? "another directory")
            case (false, origin): .arrivedFromHere
            case (false, _): .open
            }
        }
    }

    /// Throws if there is anything, or a jobd that works there.
    func requireEmpty() throws {
        try at {
            let daemons = try server.all(
                "SELECT host FROM daemons WHERE ended_at IS NULL AND lease_until > clock_timestamp()", []
            ) { $0.text(0) }
            if let host = daemons.first {
                throw StoreError.targetInUse(
                    reason: "a jobd on \(host) uses the shared store", hint: "stop it first")
            }
            for table in tables where table != "daemon_settings" {
                guard try server.first("SELECT 1 FROM \(table) LIMIT 1", [], read: { _ in true }) == true
                else { continue }
                throw StoreError.targetInUse(
                    reason: "the shared store is not empty: it has \(table)",
                    hint: "move to a new one: createdb NAME, then jobctl migrate")
            }
        }
    }

    func read<Value>(_ body: (PostgreSQLConnection) throws -> Value) throws -> Value {
        try at { try server.snapshot { try body(server) } }
    }

    // MARK: - Changing

    /// Refuses everyone else. Returns false if it was so already.
    func beginArriving() throws -> Bool {
        switch try state() {
        case .arrivingFromHere: return false
        case .arriving(let other): throw StoreError.arriving(from: other)
        case .open, .arrivedFromHere: break
        }
        try at {
            try server.transaction {
                try requireEmpty()
                try server.run(
                    "INSERT INTO daemon_settings (name, value) VALUES (?1, ?2), (?3, ?4)",
                    [
                        SharedStore.stateSetting, SharedStore.arriving, SharedStore.sourceSetting, origin,
                    ])
                // A jobd without a lease may still be connected.
                try server.run("UPDATE daemons SET ended_at = present() WHERE ended_at IS NULL", [])
                for table in tables + ["daemons"] {
                    try server.execute(
                        """
                        CREATE TRIGGER arriving BEFORE INSERT OR UPDATE OR DELETE ON \(table)
                        WHEN (NOT is_moving('jobs'::regclass))
                        EXECUTE FUNCTION refuse('jobs are being moved into this store: see jobctl move-store')
                        """)
                }
            }
        }
        return true
    }

    /// Runs `body` in one transaction, after which the planner knows what came.
    func transaction<Value>(
        emptyFirst: Bool, _ body: (PostgreSQLConnection) throws -> Value
    ) throws -> Value {
        try at {
            try server.transaction {
                try empty(all: emptyFirst)
                let value = try body(server)
                try server.execute("ANALYZE " + tables.joined(separator: ", "))
                return value
            }
        }
    }

    /// Everyone may use it now.
    func open() throws {
        try end { try server.run("DELETE FROM daemon_settings WHERE name = ?1", [SharedStore.stateSetting]) }
    }

    /// It is again as it was before.
    func abandon() throws {
        try end {
            try empty(all: true)
            try server.run(
                "DELETE FROM daemon_settings WHERE name IN (?1, ?2)",
                [SharedStore.stateSetting, SharedStore.sourceSetting])
        }
    }

    private func empty(all: Bool) throws {
        let kept = MovedTable.ownSettings.map { "'\($0)'" }.joined(separator: ", ")
        try server.execute("DELETE FROM daemon_settings WHERE name NOT IN (\(kept))")
        guard all else { return }
        try server.execute(
            "TRUNCATE " + tables.filter { $0 != "daemon_settings" }.joined(separator: ", "))
    }

    private func end(_ body: () throws -> Void) throws {
        try at {
            try server.transaction {
                try body()
                for table in tables + ["daemons"] {
                    try server.execute("DROP TRIGGER arriving ON \(table)")
                }
            }
        }
    }
}
