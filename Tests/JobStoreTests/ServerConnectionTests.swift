import JobModel
import Scratch
import System
import Testing

@testable import JobStore
@testable import SQL

/// The connection to a PostgreSQL server by itself.
@Suite(.onServer) struct ServerConnectionTests {
    private let store = ScratchStore(isShared: true)

    private func open() throws -> PostgreSQLConnection {
        guard case .postgresql(let connection) = try store.foreign() else { throw StoreError.nowhere }
        return connection
    }

    /// Ends the server's side of a connection, as a crash there would.
    private func cut(_ connection: PostgreSQLConnection) throws {
        let process = try connection.first("SELECT pg_backend_pid()", []) { $0.integer(0) }
        let other = try open()
        try other.run("SELECT pg_terminate_backend(CAST(?1 AS integer))", [process])
        try eventually("the connection has ended") {
            try other.first("SELECT 1 FROM pg_stat_activity WHERE pid = ?1", [process]) { _ in true } == nil
        }
    }

    private func count() throws -> Int64? {
        try open().first("SELECT count(*) FROM jobs", []) { $0.integer(0) }
    }

    private let insert = "INSERT INTO jobs (model, input) VALUES ('m', '{}')"

    // MARK: - Statements about jobs

    /// How often a statement has changed `t`, which has a row for each of `jobs`.
    private func table(_ jobs: ClosedRange<Int64>) throws -> PostgreSQLConnection {
        let connection = try open()
        try connection.execute(
            """
            CREATE TABLE t (job bigint, step bigint, word text, real float8);
            CREATE TABLE statements (number bigint GENERATED ALWAYS AS IDENTITY);
            CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN INSERT INTO statements DEFAULT VALUES; RETURN NULL; END $$;
            INSERT INTO t SELECT i, 0, '' FROM generate_series(\(jobs.lowerBound), \(jobs.upperBound)) AS i;
            CREATE TRIGGER counted AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH STATEMENT EXECUTE FUNCTION counted()
            """)
        return connection
    }

    private func statements(_ connection: PostgreSQLConnection) throws -> Int64? {
        try connection.first("SELECT count(*) FROM statements", []) { $0.integer(0) }
    }

    private static let update = "UPDATE t SET step = ?1 WHERE job = ?2 AND step = ?3"

    @Test func `what is run about different jobs is one statement, and keeps the order of each job`() throws {
        let connection = try table(1...30)
        try connection.transaction {
            for job in Int64(1)...30 {
                for step in Int64(0)..<3 {
                    try connection.run(Self.update, [step + 1, job, step], changing: 1, about: job)
                }
            }
        }
        #expect(try statements(connection) == 3)
        #expect(try connection.first("SELECT count(*) FROM t WHERE step = 3", []) { $0.integer(0) } == 30)
        // What is not about a job keeps its place among them.
        try connection.transaction {
            try connection.run(Self.update, [4, Int64(1), 3], changing: 1, about: 1)
            try connection.run("UPDATE t SET step = 9 WHERE step = 3", [], changing: 29)
            try connection.run(Self.update, [5, Int64(2), 9], changing: 1, about: 2)
        }
        #expect(try statements(connection) == 6)
        // What a job was changed by first is not passed to join the same of another job.
        try connection.transaction {
            try connection.run(Self.update, [1, Int64(3), 9], changing: 1, about: 3)
            try connection.run("UPDATE t SET step = 0 WHERE job = ?1", [Int64(4)], changing: 1, about: 4)
            try connection.run(Self.update, [1, Int64(4), 0], changing: 1, about: 4)
        }
    }

    @Test func `one job that is not as it was fails the statement`() throws {
        let connection = try table(1...3)
        let error = #expect(throws: SQLError.self) {
            try connection.transaction {
                for job in Int64(1)...4 {
                    try connection.run(Self.update, [1, job, 0], changing: 1, about: job)
                }
            }
        }
        #expect(error?.kind == .busy)
        #expect(try connection.first("SELECT count(*) FROM t WHERE step = 0", []) { $0.integer(0) } == 3)
    }

    @Test func `values of many jobs arrive as they are`() throws {
        let connection = try table(1...1)
        let words: [String?] = [
            nil, "", "NULL", "null", "{}", "{a,b}", "a\"b", "a\\b", "\\", "\"", " a ", "a,b", "'", "$1", "?1",
            "名前 😀 e\u{301}", "a\nb\tc", "given.p1",
        ]
        let reals: [Double?] = [nil, 0.1, -1.5e300, .infinity, .leastNonzeroMagnitude]
        // Once at once, and then prepared.
        for round in Int64(1)...2 {
            try connection.transaction {
                for (index, word) in words.enumerated() {
                    try connection.run(
                        "INSERT INTO t (job, step, word, real) VALUES (?1, ?2, ?3, ?4)",
                        [Int64(index), round * 10, word, reals[index % reals.count]], about: Int64(index))
                }
            }
            let found = try connection.all(
                "SELECT word, real FROM t WHERE step = ?1 ORDER BY ctid", [round * 10]
            ) { ($0.optionalText(0), $0.optionalReal(1)) }
            #expect(found.map(\.0) == words)
            #expect(found.map(\.1) == words.indices.map { reals[$0 % reals.count] })
        }
        #expect(try statements(connection) == 2)
        try connection.transaction {
            for index in 0..<3 {
                try connection.run("DELETE FROM t WHERE job = ?", [index], about: Int64(index))
            }
        }
        #expect(try statements(connection) == 3)
        #expect(try connection.first("SELECT count(*) FROM t WHERE job < 3", []) { $0.integer(0) } == 0)
    }

    // MARK: - Values

    @Test func `every number comes back to its last bit`() throws {
        let connection = try open()
        for number in [.min, -1, 0, (1 << 53) + 1, .max] as [Int64] {
            #expect(try connection.first("SELECT ?1", [number]) { $0.value(0) } == .integer(number))
        }
        var numbers = SeededNumbers(1)
        let random = (0..<500).map { _ in Double(bitPattern: numbers.next()) }
        let known = [
            0, -0.0, 0.1, 1 / 3, -1.5e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity,
            -.infinity, .nan,
        ]
        for number in known + random {
            let found = try connection.first("SELECT ?1 AS real", [number]) { $0.real(0) }
            #expect(found?.bitPattern == number.bitPattern || (found?.isNaN == true && number.isNaN))
        }
    }

    @Test func `every text comes back as it was`() throws {
        let connection = try open()
        for text in [
            "", " ", "'; DROP TABLE jobs; --", "\\", "\\x41", "名前 😀 e\u{301}", "a\nb\r\tc", "\u{1}\u{7F}",
            "t",
            "?1", String(repeating: "ü", count: 9_000_000),
        ] {
            // Once at once, and then prepared.
            for _ in 1...2 { #expect(try connection.first("SELECT ?1", [text]) { $0.text(0) } == text) }
        }
        let error = #expect(throws: SQLError.self) { try connection.run("SELECT ?1", ["a\u{0}b"]) }
        #expect(error?.kind == .constraint && error?.message == "PostgreSQL stores no NUL character")
        #expect(try connection.first("SELECT 1", []) { $0.integer(0) } == 1)
    }

    @Test func `a null has a type, and a statement takes values after it`() throws {
        let connection = try open()
        let (integer, real, text) = (Int64?.none, Double?.none, String?.none)
        for _ in 1...2 {
            let types = try connection.first(
                "SELECT pg_typeof(?1)::text, pg_typeof(?2)::text, pg_typeof(?3)::text, ?1, ?2, ?3",
                [integer, real, text]
            ) { row in
                #expect(row.isNull(3) && row.isNull(4) && row.isNull(5) && row.value(5) == .null)
                #expect(row.optionalInteger(3) == nil && row.optionalReal(4) == nil)
                return [row.text(0), row.text(1), row.text(2)]
            }
            #expect(types == ["bigint", "double precision", "text"])
        }
        let sum = "SELECT coalesce(?1, 5) + 1"
        for (value, expected) in [(nil, 6), (1, 2), (nil, 6)] as [(Int64?, Int64)] {
            #expect(try connection.first(sum, [value]) { $0.integer(0) } == expected)
        }
    }

    @Test func `what only PostgreSQL has reads as SQLite has it`() throws {
        let connection = try open()
        let values = try connection.first("SELECT true, false, sum(2::bigint), 2.5::numeric, 7::smallint", [])
        {
            row in (0..<5).map { row.value($0) }
        }
        #expect(values == [.integer(1), .integer(0), .real(2), .real(2.5), .integer(7)])
        let integers = try connection.first("SELECT sum(2::bigint), 2.9::numeric, -2.9::float8", []) { row in
            (0..<3).map { row.integer($0) }
        }
        #expect(integers == [2, 2, -2])
    }

    @Test(arguments: [
        ("SELECT ?1, ?2, ?10", "SELECT $1, $2, $10"), ("a = ? AND b = ?", "a = $1 AND b = $2"),
        ("SELECT '?1', 'it''s ?', ?1", "SELECT '?1', 'it''s ?', $1"),
        ("FROM jobs INDEXED BY jobs_state\nWHERE id = ?1", "FROM jobs \nWHERE id = $1"),
        ("FROM jobs INDEXED BY jobs_state WHERE x = 'INDEXED BY y'", "FROM jobs  WHERE x = 'INDEXED BY y'"),
        ("SELECT 'ü?' || ?1 -- ?", "SELECT 'ü?' || $1 -- $1"),
    ])
    func `a statement is the same in PostgreSQL's words`(sql: String, translated: String) {
        #expect(PostgreSQLText.translated(sql) == translated)
    }

    @Test func `rows are visited one by one, and none is left over`() throws {
        let connection = try open()
        struct Fault: Error {}
        let numbers = "SELECT generate_series(1, ?1)"
        var seen: [Int64] = []
        try connection.forEach(numbers, [Int64(10_000)]) { row in
            seen.append(row.integer(0))
            return seen.count < 3
        }
        #expect(seen == [1, 2, 3])
        #expect(throws: Fault.self) { try connection.forEach(numbers, [Int64(10)]) { _ in throw Fault() } }
        #expect(throws: SQLError.self) {
            try connection.forEach("SELECT 1 / (3 - generate_series(1, ?1))", [Int64(5)]) { _ in true }
        }
        #expect(try connection.all(numbers, [Int64(3)]) { $0.integer(0) } == [1, 2, 3])
    }

    @Test func `a session that reads cannot write`() throws {
        let reader = try store.open(.read)
        let error = #expect(throws: StoreError.self) { try reader.run(insert) }
        #expect(error?.exitCode == 77 && error?.name == "readOnly")
        #expect(throws: StoreError.self) { try reader.transaction { try reader.run(insert) } }
        #expect(try count() == 0)
    }

    // MARK: - Failures

    @Test func `what nobody waits for is done in its order`() throws {
        let connection = try open()
        try connection.transaction {
            for number in 1...200 {
                try connection.run(
                    "INSERT INTO jobs (model, input, label) VALUES ('m', '{}', ?1)", ["\(number)"])
                if number % 90 == 0 {
                    #expect(try connection.rowsChanged(by: "UPDATE jobs SET label = label", []) == number)
                }
            }
            try connection.savepoint { try connection.run("UPDATE jobs SET label = label || ' of 200'", []) }
            try connection.run("UPDATE jobs SET label = 'last' WHERE label = '7 of 200'", [])
        }
        let labels = try connection.all("SELECT label FROM jobs ORDER BY id", []) { $0.text(0) }
        #expect(labels == (1...200).map { $0 == 7 ? "last" : "\($0) of 200" })
    }

    @Test func `what nobody waits for fails the next that somebody waits for`() throws {
        let connection = try open()
        let wrong = "INSERT INTO jobs (model, input) VALUES ('m', ?1)"
        let ends: [() throws -> Void] = [
            {}, { try connection.run(insert, []) }, { _ = try connection.rowsChanged(by: insert, []) },
            { try connection.forEach("SELECT 1", []) { _ in true } }, { try connection.execute("SELECT 1") },
            { try connection.savepoint {} },
        ]
        for end in ends {
            let error = #expect(throws: SQLError.self) {
                try connection.transaction {
                    try connection.run(insert, [])
                    try connection.run(wrong, ["no JSON"])
                    try connection.run(insert, [])
                    try end()
                }
            }
            #expect(error?.kind == .constraint)
            #expect(error?.sql == wrong)
            #expect(try count() == 0)
        }
        try connection.transaction { try connection.run(insert, []) }
        #expect(try count() == 1)
    }

    @Test func `what does not change as many rows as it has to is undone`() throws {
        let connection = try open()
        let error = #expect(throws: SQLError.self) {
            try connection.transaction {
                try connection.run(insert, [], changing: 1)
                try connection.run("UPDATE jobs SET label = 'x' WHERE id = 99", [], changing: 1)
                try connection.run(insert, [], changing: 1)
            }
        }
        #expect(error?.kind == .busy && error?.sql?.contains("99") == true)
        #expect(try count() == 0)
    }

    @Test func `what was given up before it was sent is never sent`() throws {
        struct GivenUp: Error {}
        let connection = try open()
        try connection.transaction {
            try connection.run(insert, [])
            #expect(throws: GivenUp.self) {
                try connection.savepoint {
                    try connection.run(insert, [])
                    // It would fail, too, and hide why it was given up.
                    try connection.run("INSERT INTO jobs (model, input) VALUES ('m', '')", [])
                    throw GivenUp()
                }
            }
        }
        #expect(try count() == 1)
        #expect(throws: GivenUp.self) {
            try connection.transaction {
                try connection.run(insert, [])
                throw GivenUp()
            }
        }
        let changed = try connection.transaction {
            try connection.rowsChanged(by: "UPDATE jobs SET label = 'x'", [])
        }
        #expect(changed == 1)
        #expect(try count() == 1)
    }

    @Test func `what failed undoes its own part alone, and what was passed over undoes all`() throws {
        let connection = try open()
        let wrong = "INSERT INTO jobs (model, input) VALUES ('m', '')"
        try connection.transaction {
            try connection.run(insert, [])
            #expect(throws: SQLError.self) {
                try connection.savepoint { try connection.rowsChanged(by: wrong, []) }
            }
            try connection.run(insert, [])
        }
        #expect(try count() == 2)
        #expect(throws: SQLError.self) {
            try connection.transaction {
                try connection.run(insert, [])
                _ = try? connection.rowsChanged(by: wrong, [])
            }
        }
        #expect(try count() == 2)
    }

    @Test func `a server that is lost in the midst of a transaction leaves nothing of it`() throws {
        let connection = try open()
        let error = #expect(throws: SQLError.self) {
            try connection.transaction {
                try connection.run(insert, [])
                try cut(connection)
                _ = try connection.rowsChanged(by: insert, [])
            }
        }
        #expect(error?.kind == .unreachable)
        #expect(try count() == 0)
        try connection.transaction { _ = try connection.run(insert, []) }
        #expect(try count() == 1)
    }

    @Test func `a statement alone finds the server again after it was lost`() throws {
        let connection = try open()
        try cut(connection)
        let error = #expect(throws: SQLError.self) { try connection.run(insert, []) }
        #expect(error?.kind == .unreachable)
        try connection.run(insert, [])
        #expect(try count() == 1)
    }

    @Test func `the rest of a transaction is not done on another connection`() throws {
        let connection = try open()
        let fail = {
            try cut(connection)
            _ = try connection.rowsChanged(by: insert, [])
        }
        for isNested in [true, false] {
            let error = #expect(throws: SQLError.self) {
                try connection.transaction {
                    try connection.run(insert, [])
                    // Whoever passes over the failure goes on.
                    _ = try? isNested ? connection.savepoint { try fail() } : fail()
                    _ = try? connection.rowsChanged(by: insert, [])
                }
            }
            #expect(error?.kind == .unreachable)
            #expect(try count() == 0)
        }
    }

    @Test func `what was run after a loss is not done in the next transaction`() throws {
        struct GivenUp: Error {}
        let connection = try open()
        #expect(throws: GivenUp.self) {
            try connection.transaction {
                try connection.run(insert, [])
                try cut(connection)
                _ = try? connection.rowsChanged(by: insert, [])
                try connection.run(insert, [])
                throw GivenUp()
            }
        }
        try connection.transaction { try connection.run(insert, []) }
        #expect(try count() == 1)
    }

    @Test func `a snapshot is never two`() throws {
        let connection = try open()
        let error = #expect(throws: SQLError.self) {
            try connection.snapshot {
                try cut(connection)
                _ = try? connection.rowsChanged(by: "SELECT 1", [])
                _ = try connection.rowsChanged(by: "SELECT 1", [])
            }
        }
        #expect(error?.kind == .unreachable)
        try connection.snapshot { _ = try connection.run("SELECT 1", []) }
    }

    @Test func `a snapshot shows nothing of what comes after it`() throws {
        let connection = try open()
        try connection.snapshot {
            let query = "SELECT count(*) FROM jobs"
            #expect(try connection.first(query, []) { $0.integer(0) } == 0)
            try open().run(insert, [])
            #expect(try connection.first(query, []) { $0.integer(0) } == 0)
        }
        #expect(try count() == 1)
    }

    @Test(arguments: [true, false])
    func `after a restart of the server everything goes on`(isCrash: Bool) throws {
        let server = try SharedServer()
        let store = try ScratchStore(on: server)
        let soon = Duration.milliseconds(200)
        let database = try store.open(busyTimeout: soon)
        let reader = try store.open(.read, busyTimeout: soon)
        try database.job()
        let (other, idle) = (try store.open(.read), try store.open())
        #expect(try reader.count("jobs") == 1)
        if isCrash { server.kill() } else { try server.stop() }
        // Nobody is there.
        #expect(throws: StoreError.self) { try database.job() }
        // What the crash has left behind ends in a moment.
        try eventually("the server starts again") { (try? server.start()) != nil }
        try database.job()
        #expect(try reader.count("jobs") == 2)
        #expect(throws: StoreError.self) { try reader.run(insert) }
        // The same for one that has not been used in the meantime, and for a snapshot.
        #expect(try other.snapshot { try other.count("jobs") } == 2)
        try idle.job()
    }

    @Test func `a jobd that loses its server says so, and that it is over`() async throws {
        let server = try SharedServer()
        let store = try ScratchStore(on: server)
        let jobs = try store.jobStore(busyTimeout: .milliseconds(100))
        let lease = try #require(jobs.lease?.id)
        let told = Locked([String?]())
        await jobs.whenTroubled { _, reason in told.withLock { $0.append(reason) } }
        try server.stop()
        await #expect(throws: StoreError.self) { try await jobs.write { try $0.job() } }
        let reason = told.withLock { $0.first }
        #expect(reason??.contains("shared store cannot be reached") == true)
        try server.start()
        try await eventually("it is over") { told.withLock { $0.last == .some(nil) } }
        try await jobs.write { _ = try $0.job() }
        #expect(jobs.lease?.id == lease)
    }
}
