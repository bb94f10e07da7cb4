internal import SQL
internal import System

/// A table as it is moved from a database file to a shared store. What it has is asked of the file, so that
/// no later column is forgotten.
struct MovedTable {
    struct Column {
        let name: String
        let type: SQLType
    }

    let name: String
    let columns: [Column]
    /// The names of the primary key's columns, in their order.
    let key: [String]

    /// What each store says of itself.
    static let ownSettings = [
        SharedStore.schemaSetting, SharedStore.stateSetting, SharedStore.sourceSetting, MoveMark.setting,
    ]

    /// All tables of the file. Others refer to jobs, so these come first.
    static func all(in file: SQLiteConnection) throws -> [MovedTable] {
        let names = try file.all(
            """
            SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'
            ORDER BY name <> 'jobs', name
            """
        ) { $0.text(0) }
        return try names.map { try MovedTable($0, in: file) }
    }

    private init(_ name: String, in file: SQLiteConnection) throws {
        self.name = name
        // Generated columns are not among these.
        let found = try file.all("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid", name) {
            (name: $0.text(0), type: $0.text(1), place: $0.integer(2))
        }
        columns =
            found.map { column in
                let type: SQLType =
                    switch column.type {
                    case "INTEGER": .integer
                    case "REAL": .real
                    default: .text
                    }
                return Column(name: column.name, type: type)
            } + (name == "outputs" ? [Column(name: Self.host, type: .text)] : [])
        key = found.filter { $0.place > 0 }.sorted { $0.place < $1.place }.map(\.name)
    }

    // MARK: - Reading

    /// A file says nothing of the machine that has an output's file: it is the one that it is moved from.
    private static let host = "host"

    private var condition: String {
        name == "daemon_settings"
            ? "WHERE name NOT IN (\(Self.ownSettings.map { "'\($0)'" }.joined(separator: ", ")))" : ""
    }

    private var order: String { "ORDER BY " + key.joined(separator: ", ") }

    /// All rows of the file, by their key.
    func rows(of file: SQLiteConnection, host: String, _ visit: (borrowing Row) throws -> Bool) throws {
        let names = columns.map {
            $0.name == Self.host ? "CASE WHEN state = 'done' THEN ?1 END AS host" : $0.name
        }
        let values: [any Bindable] = name == "outputs" ? [host] : []
        try file.forEach(
            "SELECT \(names.joined(separator: ", ")) FROM \(name) \(condition) \(order)", values, visit: visit
        )
    }

    /// The same rows in the shared store.
    func rows(of server: PostgreSQLConnection, _ visit: (borrowing Row) throws -> Bool) throws {
        let names = columns.map(\.name).joined(separator: ", ")
        try server.forEach("SELECT \(names) FROM \(name) \(condition) \(order)", [], visit: visit)
    }

    /// What a row is called in a message.
    func title(ofRow number: Int, in file: SQLiteConnection) throws -> String {
        let words = try file.first(
            "SELECT \(key.joined(separator: ", ")) FROM \(name) \(condition) \(order) LIMIT 1 OFFSET ?1",
            number
        ) { row in
            (0..<key.count).map { row.text($0) }.joined(separator: " ")
        }
        return "\(name) \(words ?? "row \(number + 1)")"
    }

    /// The columns whose text PostgreSQL cannot hold, each with the reason.
    func faults(of row: borrowing Row) -> [String] {
        var faults: [String] = []
        for (index, column) in columns.enumerated() where column.type == .text {
            let fault: String? = row.read(index) { text in
                if text.contains(where: { $0 == 0 }) { return "holds a NUL" }
                return (try? UTF8Span(validating: text)) == nil ? "is not valid UTF-8" : nil
            }
            if let fault { faults.append("\(column.name) \(fault)") }
        }
        return faults
    }
}

/// Rows as COPY takes them, and the digest of them all, by which two tables are compared.
final class RowCopier {
    private let types: [SQLType]
    private let copies: Bool
    private let digest = SHA256()
    /// What the digest has not seen yet.
    private var values: [UInt8] = []
    /// The rows that nobody has taken yet.
    private(set) var text: [UInt8] = []
    private(set) var count = 0

    /// - Parameter copies: false if only the digest is wanted.
    init(_ table: MovedTable, copies: Bool) {
        types = table.columns.map(\.type)
        self.copies = copies
    }

    /// How much is kept in memory.
    private static let limit = 1 << 18

    func add(_ row: borrowing Row) {
        for (index, type) in types.enumerated() {
            if copies, index > 0 { text.append(UInt8(ascii: "\t")) }
            if row.isNull(index) {
                values.append(0)
                if copies { text += [UInt8(ascii: "\\"), UInt8(ascii: "N")] }
                continue
            }
            switch type {
            case .integer: add(number: row.integer(index))
            case .real: add(real: row.real(index))
            case .text: _ = row.read(index) { add(text: $0) }
            }
        }
        if copies { text.append(UInt8(ascii: "\n")) }
        count += 1
        if values.count >= Self.limit { digestValues() }
    }

    private func add(tag: UInt8, _ bits: UInt64) {
        values.append(tag)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            values.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
    }

    private func add(number: Int64) {
        add(tag: 1, UInt64(bitPattern: number))
        if copies { text.append(contentsOf: String(number).utf8) }
    }

    private func add(real: Double) {
        add(tag: 2, real.bitPattern)
        // The shortest digits that give the same number.
        if copies { text.append(contentsOf: String(real).utf8) }
    }

    private func add(text span: Span<UInt8>) -> Bool {
        add(tag: 3, UInt64(span.count))
        unsafe span.withUnsafeBufferPointer { bytes in
            unsafe values.append(contentsOf: bytes)
            guard copies else { return }
            let isPlain = !span.contains(where: { $0 <= 0x0D || $0 == UInt8(ascii: "\\") })
            if isPlain { unsafe text.append(contentsOf: bytes) } else { addEscaped(span) }
        }
        return true
    }

    private func addEscaped(_ span: Span<UInt8>) {
        for index in span.indices {
            let letter: Character? =
                switch span[index] {
                case UInt8(ascii: "\n"): "n"
                case UInt8(ascii: "\r"): "r"
                case UInt8(ascii: "\t"): "t"
                case UInt8(ascii: "\\"): "\\"
                default: nil
                }
            if letter != nil { text.append(UInt8(ascii: "\\")) }
            text.append(letter?.asciiValue ?? span[index])
        }
    }

    private func digestValues() {
        unsafe values.withUnsafeBytes { unsafe digest.update($0) }
        values.removeAll(keepingCapacity: true)
    }

    /// Hands over the rows so far if there are many, or if all are wanted.
    func takeText(_ all: Bool = false, _ body: ([UInt8]) throws -> Void) rethrows {
        guard all ? !text.isEmpty : text.count >= Self.limit else { return }
        try body(text)
        text.removeAll(keepingCapacity: true)
    }

    /// The digest of all rows so far.
    func result() -> [UInt8] {
        digestValues()
        return digest.bytes()
    }
}

extension Span<UInt8> {
    fileprivate func contains(where matches: (UInt8) -> Bool) -> Bool {
        for index in indices where matches(self[index]) { return true }
        return false
    }
}
