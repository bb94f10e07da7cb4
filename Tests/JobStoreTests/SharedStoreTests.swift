import Glibc
import JobModel
import Scratch
import System
import Testing

@testable import JobStore
@testable import SQL

/// A shared store is made by `migrate` alone, and nobody works on one that is not there, not his, or not of
/// his age.
@Suite(.onServer) struct SharedStoreTests {
    private let scratch = ScratchDirectory()
    private let server: SharedServer

    init() throws { server = try SharedServer.ofAllTests.get() }

    private func open(
        _ address: String, _ purpose: JobDatabase.Purpose = .write, password: String? = nil,
        patience: Duration = .zero
    ) throws -> JobDatabase {
        let directory = StateDirectory(scratch["state"]).sharing(address, password: password)
        return try JobDatabase(directory, purpose, busyTimeout: patience)
    }

    private func migrate(_ address: String) throws -> Int? {
        try SharedStore(address: StoreAddress(address)).migrate()
    }

    // MARK: - The schema

    @Test func `a store is made once, and brought up as often as one likes`() throws {
        let address = server.address(try server.database())
        for purpose in [JobDatabase.Purpose.read, .write, .create] {
            let error = #expect(throws: StoreError.self) { try open(address, purpose) }
            #expect(error?.exitCode == 69 && error?.hint == "run jobctl migrate")
            #expect(error.map { "\($0)" } == "the shared store has no schema yet")
        }
        #expect(try migrate(address) == nil)
        let database = try open(address)
        try database.job()
        #expect(try migrate(address) == SharedStore.newest)
        #expect(try migrate(address) == SharedStore.newest)
        #expect(try database.count("jobs") == 1 && database.schemaVersion() == SharedStore.newest)
        #expect(SharedStore.newest == Migration.newest && Migration.shared.last?.number == Migration.newest)
    }

    @Test func `of two at once, one makes it`() throws {
        for _ in 1...3 {
            let address = server.address(try server.database())
            let found = Locked([Int?]())
            let threads = (0..<4).map { _ in WorkThread() }
            for thread in threads {
                thread.async {
                    do {
                        let version = try SharedStore(address: StoreAddress(address)).migrate()
                        found.withLock { $0.append(version) }
                    } catch { Issue.record(error) }
                }
            }
            for thread in threads { thread.sync {} }
            let newest = SharedStore.newest
            // In whatever order they come to say so.
            let others = found.withLock { $0 }.compactMap(\.self)
            #expect(found.withLock { $0 }.count == 4 && others == [newest, newest, newest])
        }
    }

    @Test func `a newer store is left alone, and an older one is not used`() throws {
        let name = try server.database()
        let address = server.address(name)
        _ = try migrate(address)
        let connection = try server.connection(name)
        try connection.run("UPDATE daemon_settings SET value = '99' WHERE name = 'schema'")
        for attempt in [{ _ = try migrate(address) }, { _ = try open(address) }] {
            let error = #expect(throws: StoreError.self, performing: attempt)
            #expect(error?.exitCode == 69 && error?.name == "newer")
        }
        #expect(try SharedStore(address: StoreAddress(address)).version() == 99)
        try connection.run("UPDATE daemon_settings SET value = '11' WHERE name = 'schema'")
        let error = #expect(throws: StoreError.self) { try open(address) }
        #expect(error?.exitCode == 69 && error?.hint == "run jobctl migrate")
        #expect(error.map { "\($0)" } == "the shared store has the older schema 11")
    }

    @Test func `another program's database is not taken for a store`() throws {
        let name = try server.database()
        try server.connection(name).execute("CREATE TABLE jobs (id int)")
        let address = server.address(name)
        #expect(throws: StoreError.self) { try open(address) }
        #expect(throws: StoreError.self) { try migrate(address) }
        // Nothing of it was done.
        let tables = try server.connection(name).all(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ) { $0.text(0) }
        #expect(tables == ["jobs"])
    }

    // MARK: - Getting there

    @Test(arguments: [
        "postgresql://me:secret-word@localhost/jobs", "postgresql://me@localhost/jobs?password=secret-word",
        "host=localhost password=secret-word", "postgresql://[", "host",
    ])
    func `an address with a password, or that nobody can read, is refused`(address: String) throws {
        for attempt in [{ _ = try open(address) }, { _ = try migrate(address) }] {
            let error = #expect(throws: StoreError.self, performing: attempt)
            #expect(error?.exitCode == 78)
            #expect(error.map { "\($0) \($0.hint ?? "")" }?.contains("secret-word") == false)
        }
    }

    @Test func `a server that is not there is waited for, and not for ever`() throws {
        let address = "postgresql:///jobs?host=\(scratch.path)"
        let start = ContinuousClock.now
        let error = #expect(throws: StoreError.self) { try open(address, patience: .milliseconds(700)) }
        #expect(error?.exitCode == 69 && error?.name == "unreachable")
        #expect(.now - start >= .milliseconds(700))
    }

    @Test func `who comes while the server starts is let in`() throws {
        let server = try SharedServer()
        let name = try server.database()
        _ = try migrate(server.address(name))
        try server.stop()
        let thread = WorkThread()
        let address = server.address(name)
        let result = Locked<Result<Int64, any Error>?>(nil)
        let directory = StateDirectory(scratch["state"]).sharing(address, password: nil)
        thread.async {
            let opened = Result {
                try JobDatabase(directory, .write, busyTimeout: .seconds(600)).job().id
            }
            result.withLock { $0 = opened }
        }
        try server.start()
        thread.sync {}
        #expect(try result.withLock { try $0?.get() } == 1)
    }

    @Test func `who may not come in is told so at once`() throws {
        let server = try SharedServer()
        let name = try server.database()
        _ = try migrate(server.address(name))
        try server.query("CREATE ROLE member LOGIN PASSWORD 'right'; CREATE ROLE stranger LOGIN")
        try server.query(
            """
            COPY (VALUES ('local all postgres trust'), ('local all member scram-sha-256'),
                ('local all stranger trust'))
            TO '\(server.folder)/data/pg_hba.conf'; SELECT pg_reload_conf()
            """)
        func road(of role: String, _ database: String = name) -> String {
            "postgresql:///\(database)?host=\(server.folder)&user=\(role)"
        }
        try eventually("the server has read its rules") {
            (try? open(road(of: "member"))) == nil
        }
        // With this patience, the test would not end if one were waited for.
        let patience = Duration.seconds(3600)
        for (address, password) in [
            (road(of: "member"), "wrong"), (road(of: "member"), nil), (road(of: "nobody"), nil),
            (road(of: "postgres", "no_such_database"), nil), (road(of: "stranger"), nil),
        ] {
            let error = #expect(throws: StoreError.self, "\(address)") {
                try open(address, password: password, patience: patience)
            }
            #expect(error?.exitCode == 77 && error?.name == "denied", "\(String(describing: error))")
        }
        try server.connection(name).execute(
            """
            GRANT ALL ON ALL TABLES IN SCHEMA public TO member;
            GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO member
            """)
        try open(road(of: "member"), password: "right", patience: patience).job()
    }
}

/// A database is put in the place of a newer one, by a restore or by a failover that lost the last commits.
@Suite(.onServer) struct OlderSharedStoreTests {
    private let server: SharedServer
    private let scratch = ScratchDirectory()

    init() throws { server = try SharedServer.ofAllTests.get() }

    @Test func `what may have been sent since is set aside`() async throws {
        let name = try server.database()
        _ = try SharedStore(address: StoreAddress(server.address(name))).migrate()
        let directory = StateDirectory(scratch["state"]).sharing(server.address(name), password: nil)
        try directory.create()
        func jobd() throws -> JobStore {
            for _ in 0..<1000 {
                if let lock = try StateLock(directory, as: "jobd") {
                    return try directory.jobStore(holding: lock)
                }
                usleep(10_000)
            }
            throw StoreError.busy
        }
        /// What the claim does.
        func send(_ id: Int64, by jobd: JobStore) async throws {
            let count = try await jobd.write { database in
                _ = try database.record(.submitting(priceUSD: 1), for: id, in: .queued)
                return try database.countClaim()
            }
            try jobd.noteClaims(count)
        }
        do {
            let first = try jobd()
            for _ in 1...4 { _ = try await first.write { try $0.job() } }
            try await send(1, by: first)
            _ = try await first.write { try $0.record(.accepted(requestID: "r"), for: 1, in: .submitting) }
            try await send(2, by: first)
        }
        let copy = try server.database(from: name)
        do {
            let second = try jobd()
            #expect(try await second.write { try $0.catchUp(withClaims: second.notedClaims).setAside } == nil)
            try await send(3, by: second)
        }
        try server.query("DROP DATABASE \(name) WITH (FORCE)")
        try server.query("ALTER DATABASE \(copy) RENAME TO \(name)")
        let third = try jobd()
        #expect(third.notedClaims == 3)
        let (count, setAside) = try await third.write { try $0.catchUp(withClaims: third.notedClaims) }
        #expect(count == 3 && setAside == SetAside(held: [3, 4], uncertain: [2]))
        #expect(
            try await third.read { try $0.texts("SELECT state FROM jobs ORDER BY id") }
                == ["in_queue", "uncertain", "held", "held"])
        #expect(try await third.read { try $0.stillSetAside(limit: 9) } == [3, 4])
        #expect(try await third.write { try $0.catchUp(withClaims: third.notedClaims).setAside } == nil)
        #expect(try await third.read { try $0.claims() } == 3)
    }
}
