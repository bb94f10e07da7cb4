import Scratch
import Testing

@testable import SQL

@Suite struct ConnectionTests {
    private let scratch = ScratchDirectory()

    @Test func `who waits long for a lock says so once, and who may not wait does not`() throws {
        let holder = try table()
        try holder.run("BEGIN IMMEDIATE")
        var told = 0
        let other = try SQLiteConnection(path: scratch["a.db"], .readWrite, busyTimeout: .milliseconds(2500))
        {
            told += 1
        }
        #expect(throws: SQLError.self) { try other.withoutWaiting { try other.run("BEGIN IMMEDIATE") } }
        #expect(told == 0)
        #expect(throws: SQLError.self) { try other.run("BEGIN IMMEDIATE") }
        #expect(told == 1)
        try holder.run("COMMIT")
        try other.run("BEGIN IMMEDIATE")
        #expect(told == 1)
    }

    @Test func `who gives up after two seconds says so, too`() throws {
        try table().run("BEGIN IMMEDIATE")
        let holder = try open()
        try holder.run("BEGIN IMMEDIATE")
        var told = 0
        let other = try SQLiteConnection(path: scratch["a.db"], .readWrite, busyTimeout: .seconds(2)) {
            told += 1
        }
        #expect(throws: SQLError.self) { try other.run("BEGIN IMMEDIATE") }
        #expect(told == 1)
        try holder.run("COMMIT")
    }

    private func open(
        _ name: String = "a.db", _ access: SQLiteConnection.Access = .create, busyTimeout: Duration = .zero
    ) throws -> SQLiteConnection {
        try SQLiteConnection(path: scratch[name], access, busyTimeout: busyTimeout)
    }

    private func table() throws -> SQLiteConnection {
        let connection = try open()
        try connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v, u TEXT UNIQUE)")
        return connection
    }

    private func count(_ connection: SQLiteConnection) throws -> Int64? {
        try connection.first("SELECT count(*) FROM t") { $0.integer(0) }
    }

    @Test(
        arguments: [
            .null, .integer(.max), .integer(.min), .integer(0), .integer((1 << 53) + 1), .real(0.1),
            .real(-1.5e300), .text(""), .text("a\u{0}b"), .text("\u{0}"), .text("名前 😀 e\u{301}"),
            .text(String(repeating: "x", count: 100_000)), .text("'; DROP TABLE t; --"),
        ] as [SQLValue])
    func `what is bound comes back, to the last bit`(value: SQLValue) throws {
        let connection = try table()
        try connection.run("INSERT INTO t (v) VALUES (?1)", value)
        #expect(try connection.first("SELECT v FROM t") { $0.value(0) } == value)
    }

    @Test func `null is no empty text`() throws {
        let connection = try table()
        let nothing: String? = nil
        try connection.run("INSERT INTO t (v, u) VALUES (?1, ?2)", nothing, "")
        let null = try #require(try connection.first("SELECT v FROM t") { $0.value(0) })
        #expect(null == .null)
        #expect(try connection.first("SELECT v FROM t") { $0.optionalText(0) } == .some(nil))
        #expect(try connection.first("SELECT v FROM t") { $0.optionalInteger(0) } == .some(nil))
        #expect(try connection.first("SELECT v FROM t") { $0.optionalReal(0) } == .some(nil))
        #expect(try connection.first("SELECT u FROM t") { $0.optionalText(0) } == "")
    }

    @Test func `every swift type is bound as itself`() throws {
        let connection = try open()
        let kinds = try connection.first(
            "SELECT typeof(?1), typeof(?2), typeof(?3), typeof(?4), typeof(?5)",
            1, Int64(1), 1.0, "1", Int64?.none
        ) { row in [row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)] }
        #expect(kinds == ["integer", "integer", "real", "text", "null"])
    }

    @Test func `a statement used again sees only its new values`() throws {
        let connection = try table()
        for index in 0..<3 { try connection.run("INSERT INTO t (v) VALUES (?1)", index) }
        let found = try connection.all("SELECT v FROM t WHERE v >= ?1 ORDER BY v", 1) { $0.integer(0) }
        #expect(found == [1, 2])
        #expect(try connection.all("SELECT v FROM t WHERE v >= ?1 ORDER BY v", 2) { $0.integer(0) } == [2])
        #expect(try connection.run("UPDATE t SET v = 9 WHERE v < ?1", 2) == 2)
        #expect(try connection.run("UPDATE t SET v = 9 WHERE v < ?1", 2) == 0)
    }

    @Test func `the same statement may run inside its own rows`() throws {
        let connection = try table()
        for index in 1...3 { try connection.run("INSERT INTO t (v) VALUES (?1)", index) }
        let sql = "SELECT id FROM t ORDER BY id"
        var pairs: [String] = []
        try connection.forEach(sql) { outer in
            let id = outer.integer(0)
            pairs += try connection.all(sql) { "\(id)\($0.integer(0))" }
            return true
        }
        #expect(pairs == ["11", "12", "13", "21", "22", "23", "31", "32", "33"])
    }

    @Test func `a visit may end early and a throw leaves the statement usable`() throws {
        struct Enough: Error {}
        let connection = try table()
        for index in 1...3 { try connection.run("INSERT INTO t (v) VALUES (?1)", index) }
        var seen = 0
        try connection.forEach("SELECT v FROM t") { _ in
            seen += 1
            return seen < 2
        }
        #expect(seen == 2)
        #expect(throws: Enough.self) { try connection.forEach("SELECT v FROM t") { _ in throw Enough() } }
        #expect(try connection.all("SELECT v FROM t") { $0.integer(0) }.count == 3)
        // No statement is left open that would hold back a commit or a writer.
        try connection.transaction { _ = try connection.run("DELETE FROM t") }
        #expect(try count(connection) == 0)
    }

    @Test func `a transaction is kept whole or not at all`() throws {
        struct Fault: Error {}
        let connection = try table()
        #expect(throws: Fault.self) {
            try connection.transaction {
                try connection.run("INSERT INTO t (v) VALUES (1)")
                throw Fault()
            }
        }
        #expect(try count(connection) == 0)
        #expect(!connection.isInTransaction)
        #expect(try connection.transaction { try connection.run("INSERT INTO t (v) VALUES (1)") } == 1)
        #expect(try count(connection) == 1)
    }

    @Test func `a savepoint undoes itself alone`() throws {
        struct Fault: Error {}
        let connection = try table()
        func add(_ word: String) throws { try connection.run("INSERT INTO t (v) VALUES (?1)", word) }
        func fail() throws {
            try connection.savepoint {
                try add("second")
                try connection.savepoint { try add("inner") }
                throw Fault()
            }
        }
        try connection.run("BEGIN IMMEDIATE")
        try connection.savepoint { try add("first") }
        #expect(throws: Fault.self) { try fail() }
        try connection.savepoint { try add("third") }
        try connection.run("COMMIT")
        #expect(try connection.all("SELECT v FROM t ORDER BY id") { $0.text(0) } == ["first", "third"])
    }

    @Test func `a transaction holds the write lock from its start`() throws {
        let (one, other) = (try table(), try open("a.db", .readWrite))
        try one.transaction {
            let error = #expect(throws: SQLError.self) { try other.run("BEGIN IMMEDIATE") }
            #expect(error?.kind == .busy)
        }
        try other.transaction { _ = try other.run("INSERT INTO t (v) VALUES (1)") }
    }

    @Test func `a snapshot does not move`() throws {
        let one = try table()
        _ = try one.first("PRAGMA journal_mode = WAL") { $0.text(0) }
        let other = try open("a.db", .readWrite)
        try one.snapshot {
            #expect(try count(one) == 0)
            try other.run("INSERT INTO t (v) VALUES (1)")
            #expect(try count(one) == 0)
        }
        #expect(try count(one) == 1)
    }

    @Test func `an error says the statement but no value`() throws {
        let connection = try table()
        let secret = "hunter2"
        try connection.run("INSERT INTO t (u) VALUES (?1)", secret)
        let error = #expect(throws: SQLError.self) {
            try connection.run("INSERT INTO t (u) VALUES (?1)", secret)
        }
        #expect(error?.code == "SQLite's code 2067" && error?.kind == .constraint)
        #expect(error?.isTriggerRefusal == false)
        #expect(error?.sql == "INSERT INTO t (u) VALUES (?1)")
        #expect(error.map { "\($0)" + String(reflecting: $0) }?.contains(secret) == false)
    }

    @Test func `every kind of error is told`() throws {
        func kind(_ body: () throws -> Void) -> SQLError.Kind? {
            do { try body() } catch let error as SQLError { return error.kind } catch {}
            return nil
        }
        let connection = try table()
        #expect(kind { try connection.run("SELEC 1") } == .other)
        #expect(kind { try connection.run("SELECT * FROM nowhere") } == .other)
        #expect(kind { try connection.execute("SELEC 1") } == .other)
        #expect(kind { _ = try open("missing.db", .readWrite) } == .cannotOpen)
        FileOnDisk.write(String(repeating: "no database at all. ", count: 100), to: scratch["text.db"])
        #expect(kind { try open("text.db", .readWrite).run("SELECT * FROM sqlite_schema") } == .notADatabase)
        #expect(kind { try open("a.db", .readOnly).run("DELETE FROM t") } == .readOnly)
        try connection.execute(
            "CREATE TRIGGER no BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'not here'); END")
        try connection.run("INSERT INTO t (v) VALUES (1)")
        let refusal = #expect(throws: SQLError.self) { try connection.run("DELETE FROM t") }
        #expect(refusal?.isTriggerRefusal == true && refusal?.message == "not here")
        try connection.execute("PRAGMA max_page_count = 4")
        #expect(
            kind {
                try connection.run("INSERT INTO t (v) VALUES (?1)", String(repeating: "x", count: 1 << 20))
            } == .full)
    }

    @Test func `a backup is whole and its source unchanged`() throws {
        let connection = try table()
        for index in 0..<500 {
            try connection.run("INSERT INTO t (v, u) VALUES (?1, ?2)", index, "row \(index)")
        }
        try connection.backup(to: scratch["copy.db"])
        let copy = try open("copy.db", .readOnly)
        #expect(try count(copy) == 500)
        #expect(try copy.first("PRAGMA quick_check") { $0.text(0) } == "ok")
        #expect(throws: SQLError.self) { try connection.backup(to: scratch["no/such/place.db"]) }
    }

    @Test func `closing does not checkpoint`() throws {
        do {
            let connection = try table()
            _ = try connection.first("PRAGMA journal_mode = WAL") { $0.text(0) }
            try connection.run("INSERT INTO t (v) VALUES (1)")
        }
        #expect((FileOnDisk(scratch["a.db-wal"])?.size ?? 0) > 0)
        #expect(try count(try open("a.db", .readWrite)) == 1)
    }

    @Test func `the file format cannot be damaged by SQL`() throws {
        let connection = try table()
        try? connection.execute("PRAGMA writable_schema = ON")
        #expect(throws: SQLError.self) { try connection.run("DELETE FROM sqlite_schema") }
    }

    @Test func `a database is replaced by another one, or not at all`() throws {
        struct Refusal: Error {}
        let scratch = ScratchDirectory()
        func database(_ name: String, _ value: Int) throws -> SQLiteConnection {
            let connection = try SQLiteConnection(path: scratch[name], .create, busyTimeout: .zero)
            try connection.execute(
                "PRAGMA journal_mode = WAL; CREATE TABLE t (v); INSERT INTO t VALUES (\(value))")
            return connection
        }
        let (old, new) = (try database("old.db", 1), try database("new.db", 2))
        let reader = try SQLiteConnection(path: scratch["old.db"], .readWrite, busyTimeout: .zero)
        func value() throws -> Int64? { try reader.first("SELECT v FROM t") { $0.integer(0) } }
        var isLocked = false
        #expect(throws: Refusal.self) {
            try old.replace(by: new) {
                isLocked = (try? reader.execute("INSERT INTO t VALUES (3)")) == nil
                throw Refusal()
            }
        }
        #expect(isLocked)
        #expect(try value() == 1)
        try old.replace(by: new) {}
        #expect(try value() == 2)
        #expect(try reader.first("PRAGMA journal_mode") { $0.text(0) } == "wal")
        try reader.execute("BEGIN IMMEDIATE")
        #expect(throws: SQLError.self) { try old.replace(by: new) {} }
    }
}
