/// What can be bound to a parameter of a statement.
package enum SQLValue: Equatable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
}

/// The type of a parameter. PostgreSQL has to know it, also of a null.
package enum SQLType: Sendable {
    case integer, real, text
}

/// A type that the store can hold.
package protocol Bindable {
    static var sqlType: SQLType { get }
    var sqlValue: SQLValue { get }
}

extension Int64: Bindable {
    package static var sqlType: SQLType { .integer }
    package var sqlValue: SQLValue { .integer(self) }
}

extension Int: Bindable {
    package static var sqlType: SQLType { .integer }
    package var sqlValue: SQLValue { .integer(Int64(self)) }
}

extension Double: Bindable {
    package static var sqlType: SQLType { .real }
    package var sqlValue: SQLValue { .real(self) }
}

extension String: Bindable {
    package static var sqlType: SQLType { .text }
    package var sqlValue: SQLValue { .text(self) }
}

extension Optional: Bindable where Wrapped: Bindable {
    package static var sqlType: SQLType { Wrapped.sqlType }
    package var sqlValue: SQLValue { self?.sqlValue ?? .null }
}

/// Only for tests of SQLite, which needs no type.
extension SQLValue: Bindable {
    package static var sqlType: SQLType { .text }
    package var sqlValue: SQLValue { self }
}
