/// What can be bound to a parameter of a statement.
package enum SQLiteValue: Equatable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
}

/// A type that SQLite can store.
package protocol Bindable {
    var sqliteValue: SQLiteValue { get }
}

extension SQLiteValue: Bindable {
    package var sqliteValue: SQLiteValue { self }
}

extension Int64: Bindable {
    package var sqliteValue: SQLiteValue { .integer(self) }
}

extension Int: Bindable {
    package var sqliteValue: SQLiteValue { .integer(Int64(self)) }
}

extension Double: Bindable {
    package var sqliteValue: SQLiteValue { .real(self) }
}

extension String: Bindable {
    package var sqliteValue: SQLiteValue { .text(self) }
}

extension Optional: Bindable where Wrapped: Bindable {
    package var sqliteValue: SQLiteValue { self?.sqliteValue ?? .null }
}
