package import SQL
internal import System

/// A store that jobctl moves to a shared one, and what a test compares of the two.
package struct MovedStore {
    package let stage: Stage
    package let server: SharedServer
    package let name: String
    package var address: String { server.address(name) }

    private static let template = Locked<[String: String]>([:])

    /// - Parameter stage: whose database is moved to a new one of `server`, which has the schema.
    package init(_ stage: Stage, on server: SharedServer) throws {
        (self.stage, self.server) = (stage, server)
        name = try server.database(from: Self.template(of: server, stage))
    }

    /// A database with the schema, which is copied for each test.
    private static func template(of server: SharedServer, _ stage: Stage) throws -> String {
        try template.withLock { known in
            if let name = known[server.folder] { return name }
            let name = try server.database()
            let answer = try stage.jobctl("migrate", "--store", server.address(name))
            guard answer.code == 0 else { throw Never(description: "\(answer)") }
            known[server.folder] = name
            return name
        }
    }

    package func move(_ options: String...) throws -> Answer {
        try stage.jobctl(["move-store", address] + options)
    }

    package func target() throws -> Connection { try server.connection(name) }

    /// The tables of the database file, and what is asked of each: all columns, ordered by its key.
    package func tables() throws -> [(name: String, query: String)] {
        let file = try stage.connection()
        let names = try file.all(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        ) { $0.text(0) }
        return try names.map { table in
            func columns(_ condition: String) throws -> String {
                try file.all(
                    "SELECT name FROM pragma_table_info('\(table)') WHERE \(condition)"
                ) { $0.text(0) }.joined(separator: ", ")
            }
            let own =
                table == "daemon_settings"
                ? "WHERE name NOT IN ('moved_to', 'schema', 'store_state', 'store_source')" : ""
            return (
                table, try "SELECT \(columns("TRUE")) FROM \(table) \(own) ORDER BY \(columns("pk > 0"))"
            )
        }
    }

    /// What differs between the two, in words; empty if they are equal to the row.
    package func differences() throws -> [String] {
        let (file, target) = (try stage.connection(), try target())
        var found: [String] = []
        for table in try tables() {
            let (left, right) = (try Self.rows(table.query, file), try Self.rows(table.query, target))
            if left.count != right.count { found.append("\(table.name): \(left.count), \(right.count)") }
            for (one, other) in zip(left, right) where one != other {
                found.append("\(table.name): \(one) is \(other)".prefix(500).description)
            }
        }
        return found
    }

    private static func rows(_ query: String, _ connection: Connection) throws -> [[SQLValue]] {
        try connection.all(query) { row in (0..<row.columnCount).map { row.value($0) } }
    }

    /// How many rows a table of the target has.
    package func count(_ table: String) throws -> Int64 {
        try target().first("SELECT count(*) FROM \(table)") { $0.integer(0) } ?? 0
    }
}
