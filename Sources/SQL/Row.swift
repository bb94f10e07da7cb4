internal import CSQLite

/// One row of a running statement. It is valid only until the statement steps on.
@safe package struct Row: ~Copyable {
    @safe private enum Source {
        case sqlite(OpaquePointer)
        case postgresql(PostgreSQLResult, row: Int32)
    }

    private let source: Source

    init(_ statement: OpaquePointer) { unsafe source = .sqlite(statement) }

    init(_ result: PostgreSQLResult, _ row: Int32) { unsafe source = .postgresql(result, row: row) }

    package var columnCount: Int {
        switch source {
        case .sqlite(let statement): unsafe Int(sqlite3_column_count(statement))
        case .postgresql(let result, _): Int(result.columnCount)
        }
    }

    package func isNull(_ column: Int) -> Bool {
        switch source {
        case .sqlite(let statement): unsafe sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL
        case .postgresql(let result, let row): result.isNull(row, Int32(column))
        }
    }

    /// A truth value is 1 or 0.
    package func integer(_ column: Int) -> Int64 {
        switch source {
        case .sqlite(let statement): unsafe sqlite3_column_int64(statement, Int32(column))
        case .postgresql(let result, let row): result.integer(row, Int32(column))
        }
    }

    package func real(_ column: Int) -> Double {
        switch source {
        case .sqlite(let statement): unsafe sqlite3_column_double(statement, Int32(column))
        case .postgresql: Double(text(column)) ?? 0
        }
    }

    package func text(_ column: Int) -> String {
        unsafe bytes(of: column).map { unsafe String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// The bytes of a column; nil if it is NULL. They are valid until the statement steps on.
    private func bytes(of column: Int) -> UnsafeBufferPointer<UInt8>? {
        switch source {
        case .sqlite(let statement):
            guard let pointer = unsafe sqlite3_column_text(statement, Int32(column)) else { return nil }
            let count = unsafe Int(sqlite3_column_bytes(statement, Int32(column)))
            return unsafe UnsafeBufferPointer(start: pointer, count: count)
        case .postgresql(let result, let row): return unsafe result.bytes(row, Int32(column))
        }
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

    package func value(_ column: Int) -> SQLValue {
        if isNull(column) { return .null }
        let type =
            switch source {
            case .sqlite(let statement): unsafe SQLType(sqlite: sqlite3_column_type(statement, Int32(column)))
            case .postgresql(let result, _): result.type(Int32(column))
            }
        return switch type {
        case .integer: .integer(integer(column))
        case .real: .real(real(column))
        case .text: .text(text(column))
        }
    }
}

extension SQLType {
    fileprivate init(sqlite code: Int32) {
        self =
            switch code {
            case SQLITE_INTEGER: .integer
            case SQLITE_FLOAT: .real
            default: .text
            }
    }
}
