/// A connection to the store, of whatever engine; used by one thread at a time.
package enum Connection {
    case sqlite(SQLiteConnection)
    case postgresql(PostgreSQLConnection)

    package var isInTransaction: Bool {
        switch self {
        case .sqlite(let connection): connection.isInTransaction
        case .postgresql(let connection): connection.isInTransaction
        }
    }

    /// Runs a script of several statements without parameters or rows.
    package func execute(_ script: String) throws {
        switch self {
        case .sqlite(let connection): try connection.execute(script)
        case .postgresql(let connection): try connection.execute(script)
        }
    }

    /// Runs one statement. A server is sent it with the next one whose answer is awaited, at the latest
    /// before the commit: if it fails, then that does.
    /// - Parameters:
    ///   - expected: how many rows it has to change, if that matters.
    ///   - job: the only job that it is about, if it may be run together with the same of others.
    package func run(
        _ sql: String, _ values: [any Bindable], changing expected: Int? = nil, about job: Int64? = nil
    ) throws {
        switch self {
        case .sqlite(let connection):
            let changes = try connection.run(sql, values)
            try SQLError.check(changes, expected: expected, in: sql)
        case .postgresql(let connection): try connection.run(sql, values, changing: expected, about: job)
        }
    }

    /// Waits until all is done that was run.
    package func sendUnsent() throws {
        if case .postgresql(let connection) = self { try connection.sendUnsent() }
    }

    /// Runs one statement and returns how many rows it changed.
    package func rowsChanged(by sql: String, _ values: [any Bindable]) throws -> Int {
        switch self {
        case .sqlite(let connection): try connection.run(sql, values)
        case .postgresql(let connection): try connection.rowsChanged(by: sql, values)
        }
    }

    /// Inserts one row whose `id` the engine chooses, and returns that.
    package func insert(_ sql: String, _ values: [any Bindable]) throws -> Int64 {
        switch self {
        case .sqlite(let connection):
            try connection.run(sql, values)
            return connection.lastInsertedID
        case .postgresql(let connection):
            return try connection.first(sql + " RETURNING id", values) { $0.integer(0) } ?? 0
        }
    }

    package func first<Value>(
        _ sql: String, _ values: [any Bindable], read: (borrowing Row) throws -> Value
    ) throws -> Value? {
        switch self {
        case .sqlite(let connection): try connection.first(sql, values, read: read)
        case .postgresql(let connection): try connection.first(sql, values, read: read)
        }
    }

    package func all<Value>(
        _ sql: String, _ values: [any Bindable], read: (borrowing Row) throws -> Value
    ) throws -> [Value] {
        switch self {
        case .sqlite(let connection): try connection.all(sql, values, read: read)
        case .postgresql(let connection): try connection.all(sql, values, read: read)
        }
    }

    /// Visits the rows one by one, in the memory of one, for as long as `visit` returns true.
    package func forEach(
        _ sql: String, _ values: any Bindable..., visit: (borrowing Row) throws -> Bool
    ) throws {
        switch self {
        case .sqlite(let connection): try connection.forEach(sql, values, visit: visit)
        case .postgresql(let connection): try connection.forEach(sql, values, visit: visit)
        }
    }

    /// Runs `body` in a transaction that no other one writes beside: all of it is kept, or none.
    package func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        switch self {
        case .sqlite(let connection): try connection.transaction(body)
        case .postgresql(let connection): try connection.transaction(body)
        }
    }

    /// Runs `body` on one unchanging snapshot of the database.
    package func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
        switch self {
        case .sqlite(let connection): try connection.snapshot(body)
        case .postgresql(let connection): try connection.snapshot(body)
        }
    }

    /// Runs `body` inside a transaction so that a failure undoes only its own changes.
    package func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
        switch self {
        case .sqlite(let connection): try connection.savepoint(body)
        case .postgresql(let connection): try connection.savepoint(body)
        }
    }
}

/// The same with the values one by one.
extension Connection {
    package func run(_ sql: String, _ values: any Bindable...) throws { try run(sql, values) }

    package func first<Value>(
        _ sql: String, _ values: any Bindable..., read: (borrowing Row) throws -> Value
    ) throws -> Value? { try first(sql, values, read: read) }

    package func all<Value>(
        _ sql: String, _ values: any Bindable..., read: (borrowing Row) throws -> Value
    ) throws -> [Value] { try all(sql, values, read: read) }
}
