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
}

/// Values as libpq takes them: texts that end with a null, one after another.
struct PostgreSQLValues {
    private var bytes: [CChar] = []
    /// Where each value begins; nil for a null.
    private var starts: [Int?] = []
    private(set) var types: [UInt32] = []

    init(_ values: [any Bindable]) throws(SQLError) {
        for value in values {
            types.append(PostgreSQLType.number(of: Swift.type(of: value).sqlType))
            switch value.sqlValue {
            case .null: starts.append(nil)
            case .integer(let number): append(String(number))
            case .real(let number): append(String(number))
            case .text(let text):
                if text.utf8.contains(0) {
                    throw SQLError(.constraint, "PostgreSQL stores no NUL character")
                }
                append(text)
            }
        }
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
