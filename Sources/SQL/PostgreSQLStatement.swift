internal import Glibc

/// The text of a statement as PostgreSQL reads it. The store's statements are written for both engines.
enum PostgreSQLText {
    /// Parameters `?1` and `?` become `$1`; `INDEXED BY name` is SQLite's alone.
    static func translated(_ sql: String) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(sql.utf8.count + 16)
        var rest = Array(sql.utf8)[...]
        var isQuoted = false
        var unnumbered = 0
        let hint = Array("INDEXED BY ".utf8)
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "'") { isQuoted.toggle() }
            if isQuoted {
                result.append(byte)
            } else if byte == UInt8(ascii: "?") {
                result.append(UInt8(ascii: "$"))
                guard rest.first.map({ (0x30...0x39).contains($0) }) != true else { continue }
                unnumbered += 1
                result += Array(String(unnumbered).utf8)
            } else if byte == hint[0], rest.starts(with: hint[1...]) {
                rest = rest.dropFirst(hint.count - 1).drop { $0 == 0x5F || (0x61...0x7A).contains($0) }
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The same for any number of rows of values at once, as arrays: an INSERT with VALUES, or an UPDATE or a
    /// DELETE with WHERE, whose parameters are numbered or in order.
    static func forManyRows(_ sql: String, _ types: [SQLType]) -> String {
        var text = translated(sql).split(separator: "$", omittingEmptySubsequences: false)
            .joined(separator: "given.p")
        let numbers = 1...max(1, types.count)
        let names = numbers.map { "p\($0)" }.joined(separator: ", ")
        let arrays = zip(numbers, types).map { "$\($0)::\(PostgreSQLType.name(of: $1))[]" }
        let rows = "unnest(\(arrays.joined(separator: ", "))) AS given (\(names))"
        if let list = text.firstRange(of: "VALUES (") {
            if let end = text[list.upperBound...].firstIndex(of: ")") {
                text.replaceSubrange(end...end, with: " FROM \(rows)")
            }
            text.replaceSubrange(list, with: "SELECT ")
        } else if let place = text.firstRange(of: "WHERE ") {
            let word = text.hasPrefix("DELETE") ? "USING" : "FROM"
            text.insert(contentsOf: "\(word) \(rows) ", at: place.lowerBound)
        }
        return text
    }
}

/// Values as libpq takes them: texts that end with a null, one after another.
struct PostgreSQLValues {
    private var bytes: [CChar] = []
    /// Where each value begins; nil for a null.
    private var starts: [Int?] = []
    private(set) var types: [UInt32] = []

    init(_ values: [any Bindable]) throws(SQLError) {
        self.init(try Self.checked(values), values.map { Swift.type(of: $0).sqlType })
    }

    /// - Parameter values: as `checked` returns them.
    init(_ values: [SQLValue], _ types: [SQLType]) {
        self.types = types.map { PostgreSQLType.number(of: $0) }
        for value in values {
            if let text = Self.text(of: value) { append(text) } else { starts.append(nil) }
        }
    }

    /// The values of each column as an array.
    init(columnsOf rows: [[SQLValue]], _ types: [SQLType]) {
        self.types = types.map { PostgreSQLType.number(ofArray: $0) }
        for column in types.indices {
            append("{" + rows.map { Self.element($0[column]) }.joined(separator: ",") + "}")
        }
    }

    static func checked(_ values: [any Bindable]) throws(SQLError) -> [SQLValue] {
        let values = values.map(\.sqlValue)
        for case .text(let text) in values where text.utf8.contains(0) {
            throw SQLError(.constraint, "PostgreSQL stores no NUL character")
        }
        return values
    }

    private static func text(of value: SQLValue) -> String? {
        switch value {
        case .null: nil
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .text(let text): text
        }
    }

    private static func element(_ value: SQLValue) -> String {
        guard case .text(let text) = value else { return Self.text(of: value) ?? "NULL" }
        var quoted: [UInt8] = [UInt8(ascii: "\"")]
        quoted.reserveCapacity(text.utf8.count + 2)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { quoted.append(UInt8(ascii: "\\")) }
            quoted.append(byte)
        }
        quoted.append(UInt8(ascii: "\""))
        return String(decoding: quoted, as: UTF8.self)
    }

    private mutating func append(_ text: String) {
        starts.append(bytes.count)
        bytes.append(contentsOf: text.utf8.lazy.map(CChar.init(bitPattern:)))
        bytes.append(0)
    }

    func withPointers<Value>(_ body: (Libpq.Texts?) -> Value) -> Value {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            let pointers = unsafe starts.map { start in
                unsafe start.flatMap { unsafe bytes.baseAddress?.advanced(by: $0) }
            }
            return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
        }
    }
}
