internal import SQL
internal import System

/// The PostgreSQL database that several machines share in place of a file.
package struct SharedStore {
    let address: StoreAddress

    init(address: StoreAddress) { self.address = address }

    /// Nil if the store is the database in the directory.
    package init?(of directory: StateDirectory) {
        guard let address = directory.shared else { return nil }
        self.init(address: address)
    }

    /// The schema's number that this program knows.
    package static var newest: Int { Migration.newest }

    /// Connects, and refuses a schema that is not this program's.
    func open(
        _ purpose: JobDatabase.Purpose, patience: Duration, onWait: @escaping () -> Void,
        onAbsence: @escaping (String) -> Void
    ) throws -> PostgreSQLConnection {
        try StoreError.at(database: address.text) {
            if let fault = try address.fault() { throw StoreError.badAddress(reason: fault) }
            let connection = try PostgreSQLConnection(
                address, readOnly: purpose == .read, patience: patience, lockLimit: patience, onWait: onWait,
                onAbsence: onAbsence)
            let settings = try Self.settings(of: connection)
            let found = settings[Self.schemaSetting].flatMap { Int($0) }
            guard let version = found, version >= Self.newest else {
                throw StoreError.needsMigration(version: found)
            }
            if version > Self.newest {
                throw StoreError.newer(path: address.text, version: version, known: Self.newest)
            }
            if settings[Self.stateSetting] == Self.arriving {
                throw StoreError.arriving(from: settings[Self.sourceSetting] ?? "another directory")
            }
            return connection
        }
    }

    static let schemaSetting = "schema"
    /// Absent once every program may use the store.
    static let stateSetting = "store_state"
    static let arriving = "arriving"
    /// Which directory's database was moved there.
    static let sourceSetting = "store_source"

    /// What the store says of itself; nothing if it has no schema.
    static func settings(of connection: PostgreSQLConnection) throws -> [String: String] {
        let exists = try connection.first("SELECT to_regclass('daemon_settings') IS NOT NULL", []) {
            $0.integer(0) == 1
        }
        guard exists == true else { return [:] }
        let rows = try connection.all(
            "SELECT name, value FROM daemon_settings WHERE name IN (?1, ?2, ?3)",
            [schemaSetting, stateSetting, sourceSetting]
        ) { ($0.text(0), $0.text(1)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// The schema's number; nil if there is none.
    static func version(of connection: PostgreSQLConnection) throws -> Int? {
        try settings(of: connection)[schemaSetting].flatMap { Int($0) }
    }

    /// The schema's number; nil if there is none.
    package func version() throws -> Int? { try connected { try Self.version(of: $0) } }

    /// A connection for `MoveTarget`. The schema has to be there.
    func connectedForMove(onWait: @escaping () -> Void) throws -> PostgreSQLConnection {
        try connected(onWait: onWait) { connection in
            let version = try Self.version(of: connection)
            guard version == Self.newest else {
                if let version, version > Self.newest {
                    throw StoreError.newer(path: address.text, version: version, known: Self.newest)
                }
                throw StoreError.needsMigration(version: version)
            }
            return connection
        }
    }

    private func connected<Value>(
        onWait: @escaping () -> Void = {}, _ body: (PostgreSQLConnection) throws -> Value
    ) throws -> Value {
        try StoreError.at(database: address.text) {
            if let fault = try address.fault() { throw StoreError.badAddress(reason: fault) }
            return try body(
                PostgreSQLConnection(
                    address, patience: .seconds(15), lockLimit: .seconds(60), onWait: onWait))
        }
    }

    /// Creates the schema, or brings it up to date, in one transaction. Returns the number that it had.
    package func migrate(onWait: @escaping () -> Void = {}) throws -> Int? {
        try connected(onWait: onWait) { connection in
            try connection.transaction {
                let version = try Self.version(of: connection)
                if let version, version > Self.newest {
                    throw StoreError.newer(path: address.text, version: version, known: Self.newest)
                }
                for migration in Migration.shared where migration.number > version ?? 0 {
                    try connection.execute(migration.script)
                }
                try connection.run(
                    """
                    INSERT INTO daemon_settings (name, value) VALUES ('schema', ?1)
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value
                    """, [String(Self.newest)])
                try connection.run(
                    """
                    INSERT INTO daemon_settings (name, value) VALUES ('store', gen_random_uuid()::text)
                    ON CONFLICT DO NOTHING
                    """, [])
                return version
            }
        }
    }
}
