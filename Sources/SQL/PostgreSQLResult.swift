internal import Glibc

/// What the server answered to one statement: its rows, all or one.
@safe final class PostgreSQLResult {
    private let handle: OpaquePointer
    private let library: Libpq

    init(_ handle: OpaquePointer, _ library: Libpq) {
        unsafe self.handle = handle
        self.library = library
    }

    deinit { unsafe library.clear(handle) }

    var status: Int32 { unsafe library.resultStatus(handle) }
    var rowCount: Int32 { unsafe library.rowCount(handle) }
    var columnCount: Int32 { unsafe library.columnCount(handle) }

    /// How many rows the statement changed.
    var changes: Int {
        unsafe library.affected(handle).flatMap { unsafe Int(String(cString: $0)) } ?? 0
    }

    /// The error that the server reported.
    func error(in sql: String?) -> SQLError {
        func field(_ name: Character) -> String? {
            unsafe library.errorField(handle, Int32(name.asciiValue ?? 0)).map { unsafe String(cString: $0) }
        }
        return SQLError(state: field("C") ?? "", message: field("M") ?? "the server was lost", sql: sql)
    }

    /// The line of a COPY that the error is about, counted from 1. The server says it in words.
    var lineOfCopy: Int? {
        guard let field = unsafe library.errorField(handle, Int32(UInt8(ascii: "W"))) else { return nil }
        let words = unsafe String(cString: field)
        guard let place = words.firstRange(of: ", line ") else { return nil }
        return Int(words[place.upperBound...].prefix { $0.isNumber })
    }

    func isNull(_ row: Int32, _ column: Int32) -> Bool { unsafe library.isNull(handle, row, column) == 1 }

    /// A value as text. It is valid as long as the result.
    func bytes(_ row: Int32, _ column: Int32) -> UnsafeBufferPointer<UInt8>? {
        guard !isNull(row, column), let start = unsafe library.value(handle, row, column) else { return nil }
        let count = unsafe Int(library.length(handle, row, column))
        return unsafe UnsafeBufferPointer(
            start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: count)
    }

    func integer(_ row: Int32, _ column: Int32) -> Int64 {
        guard let bytes = unsafe bytes(row, column), let first = unsafe bytes.first else { return 0 }
        if first == UInt8(ascii: "t") { return 1 }
        if first == UInt8(ascii: "f") { return 0 }
        let text = unsafe String(decoding: bytes, as: UTF8.self)
        return Int64(text) ?? Double(text).flatMap { Int64(exactly: $0.rounded(.towardZero)) } ?? 0
    }

    func type(_ column: Int32) -> SQLType {
        switch unsafe library.type(handle, column) {
        case PostgreSQLType.boolean, PostgreSQLType.int2, PostgreSQLType.int4, PostgreSQLType.int8: .integer
        case PostgreSQLType.float4, PostgreSQLType.float8, PostgreSQLType.numeric: .real
        default: .text
        }
    }
}

/// The numbers of PostgreSQL's types, which never change.
enum PostgreSQLType {
    static let boolean: UInt32 = 16
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let numeric: UInt32 = 1700

    static func number(of type: SQLType) -> UInt32 {
        switch type {
        case .integer: int8
        case .real: float8
        case .text: text
        }
    }

    static func number(ofArray type: SQLType) -> UInt32 {
        switch type {
        case .integer: 1016
        case .real: 1022
        case .text: 1009
        }
    }

    static func name(of type: SQLType) -> String {
        switch type {
        case .integer: "bigint"
        case .real: "float8"
        case .text: "text"
        }
    }
}
