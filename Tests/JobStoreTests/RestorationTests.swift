import Glibc
import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

/// A backup takes the place of the database, whatever state that is in.
@Suite(.onlySQLite) struct RestorationTests {
    private let store = ScratchStore()
    private var backup: String { store.scratch["copy.db"] }

    /// A backup with a job that is queued and one that is being sent; the database has one more since.
    private func prepare() throws {
        let database = try store.open()
        try database.job()
        try database.job(.submitting(priceUSD: 1))
        try database.job(.submitting(priceUSD: 1), .accepted(requestID: "r"))
        try database.backup(to: backup)
        try database.job(input: #"{"prompt":"later"}"#)
    }

    private func restore() throws -> Restoration.Outcome {
        try store.directory.create()
        let lock = try store.lock("jobctl")
        return try Restoration(store.directory, holding: lock).run(backup)
    }

    private func states() throws -> [String] {
        try store.open(.read).texts("SELECT state FROM jobs ORDER BY id")
    }

    private let restored = ["held", "uncertain", "in_queue"]

    @Test func `what may have been sent is set aside, and says why`() throws {
        try prepare()
        let outcome = try restore()
        #expect(try states() == restored)
        #expect(outcome.setAside == SetAside(held: [1], uncertain: [2]))
        #expect(outcome.jobs == 3 && outcome.followed == 1)
        let database = try store.open()
        let events = try database.texts(
            "SELECT kind || ' ' || detail FROM events WHERE detail LIKE '%backup%' ORDER BY id")
        #expect(events.map { String($0.prefix { $0 != " " }) } == ["held", "uncertain", "fault"])
        #expect(try database.stillSetAside(limit: 9) == [1])
        // What was there is whole, and no id is given twice.
        let kept = try #require(outcome.kept)
        #expect(
            Program.sqlite3(kept, "PRAGMA integrity_check; SELECT count(*) FROM jobs").output == "ok\n4\n")
        #expect(try database.job().id == 5)
        try database.transaction { _ = try database.steer(1, .release) }
        #expect(try database.stillSetAside(limit: 9) == [])
        #expect(try database.find(1)?.message == nil)
        #expect(FileOnDisk.names(store.directory.path).allSatisfy { !$0.hasPrefix("restoring") })
    }

    @Test func `a program that has the database open sees the new one`() throws {
        try prepare()
        let shell = try store.foreign()
        #expect(try shell.first("SELECT count(*) FROM jobs") { $0.integer(0) } == 4)
        let outcome = try restore()
        #expect(try shell.first("SELECT count(*) FROM jobs") { $0.integer(0) } == 3)
        try shell.execute("INSERT INTO jobs (model, input) VALUES ('m', '{}')")
        #expect(try states() == restored + ["queued"])
        #expect(outcome.kept != nil)
    }

    @Test func `a reader's snapshot and a log that cannot be emptied do no harm`() throws {
        try prepare()
        let shell = try store.foreign()
        try shell.execute("BEGIN; SELECT count(*) FROM jobs")
        _ = try restore()
        #expect(try shell.first("SELECT count(*) FROM jobs") { $0.integer(0) } == 4)
        try shell.execute("COMMIT")
        #expect(try states() == restored)
    }

    @Test(arguments: ["noise", "cut", "gone", "empty", "log", "pages"])
    func `a database in any state is replaced, and kept as it is`(how: String) throws {
        try prepare()
        let path = store.directory.database
        switch how {
        case "noise": FileOnDisk.write(String(repeating: "noise ", count: 5000), to: path)
        case "cut": truncate(path, 8192)
        case "gone": unlink(path)
        case "empty": truncate(path, 0)
        case "log": FileOnDisk.write(String(repeating: "x", count: 40_000), to: path + "-wal")
        default:
            Program.run(
                "sh", "-c",
                "cd \(store.directory.path) && rm -f jobs.db-wal jobs.db-shm && sqlite3 jobs.db "
                    + "'PRAGMA journal_mode=DELETE; PRAGMA page_size=8192; VACUUM; PRAGMA journal_mode=WAL'")
        }
        let before = FileOnDisk.bytes(path)
        let outcome = try restore()
        #expect(try states() == restored, "\(how)")
        #expect(try store.open(.read).texts("PRAGMA integrity_check") == ["ok"])
        if how == "noise" || how == "cut" { #expect(FileOnDisk.bytes(try #require(outcome.kept)) == before) }
    }

    @Test func `an older schema is brought up to date, and the backup is not changed`() throws {
        let path = store.scratch["old"]
        let old = DatabaseOpening(
            directory: StateDirectory(path), busyTimeout: .seconds(1),
            migrations: Array(Migration.all.prefix(3)))
        let connection = try old.open(.create, lock: nil)
        try connection.execute("INSERT INTO jobs (model, input) VALUES ('m', '{}')")
        try connection.backup(to: backup)
        let before = FileOnDisk.bytes(backup)
        let outcome = try restore()
        #expect(outcome.olderSchema == 3 && outcome.kept == nil)
        #expect(try states() == ["held"])
        #expect(FileOnDisk.bytes(backup) == before)
        #expect(FileOnDisk.names(store.scratch.path).filter { $0.hasPrefix("copy.db") } == ["copy.db"])
    }

    @Test func `a copy that cp has made is taken with its log`() throws {
        try prepare()
        Program.run(
            "sh", "-c", "cd \(store.directory.path) && cp jobs.db \(backup)2 && cp jobs.db-wal \(backup)2-wal"
        )
        let lock = try store.lock("jobctl")
        let outcome = try Restoration(store.directory, holding: lock).run(backup + "2")
        #expect(outcome.jobs == 4 && outcome.setAside.held == [1, 4])
    }

    @Test func `what is no backup is refused and nothing changes`() throws {
        try prepare()
        let before = try states()
        for (make, words) in [
            ("echo text > F", "not an SQLite database"), (": > F", "empty"),
            ("rm F; sqlite3 F 'CREATE TABLE t (x)'", "another program"),
            ("sqlite3 F 'PRAGMA user_version = 99'", "schema 99"),
            ("truncate -s 20000 F", "damaged"),
            ("dd if=/dev/urandom of=F bs=4096 seek=3 count=4 conv=notrunc", "damaged"),
        ] {
            let file = store.scratch["bad.db"]
            Program.run(
                "sh", "-c",
                "cp \(backup) \(file); " + make.split(separator: "F").joined(separator: file)
                    + (make.hasSuffix("F") ? file : "") + " 2>/dev/null")
            let lock = try store.lock("jobctl")
            let error = #expect(throws: StoreError.self) {
                try Restoration(store.directory, holding: lock).run(file)
            }
            #expect(error?.exitCode == 65 && error?.description.contains(words) == true, "\(make): \(error)")
        }
        #expect(try states() == before)
        #expect(FileOnDisk.names(store.directory.path).allSatisfy { !$0.contains("re") })
    }

    // MARK: - The counter

    @Test func `a database that is older than what was sent is found out`() throws {
        try prepare()
        let database = try store.open()
        for count in 1...3 { #expect(try database.transaction { try database.countClaim() } == Int64(count)) }
        #expect(try database.catchUp(withClaims: nil).setAside == nil)
        #expect(try database.catchUp(withClaims: 2).setAside == nil)
        #expect(try database.catchUp(withClaims: 3).setAside == nil)
        let (count, setAside) = try database.transaction { try database.catchUp(withClaims: 4) }
        #expect(count == 4 && setAside == SetAside(held: [1, 4], uncertain: [2]))
        #expect(try database.catchUp(withClaims: 4).setAside == nil)
    }

    @Test func `a new database and a restored one count on`() throws {
        try prepare()
        FileOnDisk.write("0000000000000000041\n", to: store.directory.claimCounter())
        _ = try restore()
        #expect(try store.open().claims() == 41)
        for name in ["jobs.db", "jobs.db-wal", "jobs.db-shm"] { unlink(store.directory.path + "/" + name) }
        #expect(try store.open().claims() == 41)
    }

    @Test(arguments: ["", "x", "-3\n", "99999999999999999999999\n"])
    func `a counter that cannot be read alarms nobody`(text: String) throws {
        try prepare()
        FileOnDisk.write(text, to: store.directory.claimCounter())
        #expect(ClaimCounter.count(in: store.directory) == nil)
    }
}
