internal import CSQLite

/// One row of a running statement. It is valid only until the statement steps on.
@safe package struct Row: ~Copyable {
    private let statement: OpaquePointer

    init(_ statement: OpaquePointer) { unsafe self.statement = statement }

    package var columnCount: Int { unsafe Int(sqlite3_column_count(statement)) }

    package func isNull(_ column: Int) -> Bool {
        unsafe sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
    }

    package func integer(_ column: Int) -> Int64 { unsafe sqlite3_column_int64(statement, Int32(column)) }

    package func real(_ column: Int) -> Double { unsafe sqlite3_column_double(statement, Int32(column)) }

    package func text(_ column: Int) -> String {
        unsafe bytes(of: column).map { unsafe String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The bytes of a column; nil if it is NULL. They are valid until the statement steps on.
    private func bytes(of column: Int) -> UnsafeBufferPointer<UInt8>? {
        guard let pointer = unsafe sqlite3_column_text(statement, Int32(column)) else { return nil }
        let count = unsafe Int(sqlite3_column_bytes(statement, Int32(column)))
        return unsafe UnsafeBufferPointer(start: pointer, count: count)
    }

    /// Reads a column from its bytes, without copying them. Nil if it is NULL.
    package func read<Value>(_ column: Int, _ body: (Span<UInt8>) -> Value?) -> Value? {
        unsafe bytes(of: column).flatMap { unsafe body($0.span) }
    }

    /// Whether the text is valid UTF-8, so that `text` is exactly what is stored: SQLite stores any bytes.
    package func isUTF8(_ column: Int) -> Bool {
        unsafe bytes(of: column).map { unsafe String(validating: $0, as: UTF8.self) != nil } ?? true
    }

    package func optionalInteger(_ column: Int) -> Int64? { isNull(column) ? nil : integer(column) }
    package func optionalReal(_ column: Int) -> Double? { isNull(column) ? nil : real(column) }
    package func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }

    package func value(_ column: Int) -> SQLiteValue {
        switch unsafe sqlite3_column_type(statement, Int32(column)) {
        case SQLITE_NULL: .null
        case SQLITE_INTEGER: .integer(integer(column))
        case SQLITE_FLOAT: .real(real(column))
        default: .text(text(column))
        }
    }
}
