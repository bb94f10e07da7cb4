import Glibc
import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

@Suite(.onlySQLite) struct OpeningTests {
    private static let known = Migration.all.last?.number ?? 0
    private let store = ScratchStore()

    /// The error that opening the store throws.
    private func refusal(_ purpose: JobDatabase.Purpose = .create, busyTimeout: Duration = .zero)
        -> StoreError?
    {
        do {
            _ = try store.open(purpose, busyTimeout: busyTimeout)
            return nil
        } catch { return error as? StoreError }
    }

    private func makeDirectory() throws { try store.directory.create() }

    @Test func `a missing store is made only by a caller that may make it`() throws {
        for purpose in [JobDatabase.Purpose.read, .write] {
            guard case .missing(store.directory.database) = refusal(purpose) else {
                return #expect(Bool(false))
            }
            #expect(!store.directory.exists)
        }
        let database = try store.open()
        #expect(try database.schemaVersion() == Self.known)
        #expect(try database.texts("PRAGMA journal_mode") == ["wal"])
        #expect(try database.texts("PRAGMA quick_check") == ["ok"])
        _ = try store.open(.read)
        #expect(StateLock.holder(of: store.directory) == nil)
    }

    @Test func `a connection is set up for durability and never checkpoints by itself`() throws {
        let database = try store.open()
        for (pragma, value) in [
            ("synchronous", "2"), ("wal_autocheckpoint", "0"), ("foreign_keys", "1"), ("mmap_size", "0"),
            ("query_only", "0"),
        ] {
            #expect(try database.texts("PRAGMA \(pragma)") == [value], "\(pragma)")
        }
        let reader = try store.open(.read)
        #expect(try reader.texts("PRAGMA query_only") == ["1"])
        #expect(throws: StoreError.self) { try reader.enqueue(NewJob(model: "m", input: "{}")) }
        #expect(try database.count("jobs") == 0)
    }

    @Test func `many threads may open first at once`() async throws {
        for _ in 0..<5 {
            let store = ScratchStore()
            let ids = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<8 {
                    group.addTask { try store.open().enqueue(NewJob(model: "m", input: "{}")).job.id }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(ids == Set(1...8))
        }
    }

    @Test func `many processes may open first at once and lose nothing`() async throws {
        try makeDirectory()
        let (state, start) = (store.directory.path, store.scratch["start"])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    _ = await #expect(processExitsWith: .success) {
                        [state = state as String, start = start as String] in
                        while access(start, F_OK) != 0 { usleep(200) }
                        for _ in 0..<25 {
                            let database = try JobDatabase(StateDirectory(state), .create)
                            _ = try database.enqueue(NewJob(model: "m", input: "{}"))
                        }
                    }
                }
            }
            group.addTask { FileOnDisk.write("", to: start) }
        }
        let database = try store.open(.read)
        #expect(try database.count("jobs") == 200)
        #expect(try database.count("events") == 200)
        #expect(try database.texts("PRAGMA quick_check") == ["ok"])
    }

    @Test func `a program that finds a store still being made waits for it`() async throws {
        _ = try store.open()
        let maker = try #require(try StateLock(store.directory, as: "jobctl"))
        let connection = try store.foreign()
        // The maker has committed the schema and not yet turned to WAL.
        _ = try connection.first("PRAGMA journal_mode = DELETE") { $0.text(0) }
        let opening = Task { [store] in try store.open(.write).schemaVersion() }
        // Keeps its thread: the opening blocks another, and a full pool would never come back here.
        usleep(50_000)
        // As the maker does: whoever looks at that moment is in the way.
        while (try? connection.first("PRAGMA journal_mode = WAL") { $0.text(0) }) != "wal" { usleep(10_000) }
        #expect(try await opening.value == Self.known)
        withExtendedLifetime(maker) {}
    }

    @Test func `an empty file becomes a store`() throws {
        try makeDirectory()
        FileOnDisk.write("", to: store.directory.database)
        #expect(try store.open().schemaVersion() == Self.known)
        #expect(FileOnDisk(store.directory.database)?.mode == 0o600)
    }

    @Test func `what is not ours is refused and not touched`() throws {
        try makeDirectory()
        let path = store.directory.database
        let makers: [(String, () throws -> Void)] = [
            ("text", { FileOnDisk.write("Dear diary, this is no database.\n", to: path) }),
            (
                "long text",
                { FileOnDisk.write(String(repeating: "all work and no play. ", count: 1000), to: path) }
            ),
            (
                "another program's database",
                {
                    try SQLiteConnection(path: path, .create, busyTimeout: .zero).execute(
                        "CREATE TABLE t (x)")
                }
            ),
            (
                "another program's database with an id",
                {
                    let connection = try SQLiteConnection(path: path, .create, busyTimeout: .zero)
                    try connection.execute("PRAGMA application_id = 7; CREATE TABLE t (x)")
                }
            ),
        ]
        for (name, make) in makers {
            unlink(path)
            try make()
            let before = FileOnDisk.bytes(path)
            for purpose in [JobDatabase.Purpose.create, .write, .read] {
                #expect(refusal(purpose)?.name == "notOurs", "\(name)")
            }
            #expect(FileOnDisk.bytes(path) == before, "\(name)")
            #expect(FileOnDisk(path + "-wal") == nil && FileOnDisk(path + "-journal") == nil, "\(name)")
        }
    }

    @Test func `a directory a pipe or a link to nowhere in its place is refused`() throws {
        try makeDirectory()
        let path = store.directory.database
        #expect(mkdir(path, 0o700) == 0)
        #expect(
            refusal()?.description.hasSuffix("is not a database of jobd: it is not a regular file") == true)
        rmdir(path)
        #expect(mkfifo(path, 0o600) == 0)
        #expect(
            refusal()?.description.hasSuffix("is not a database of jobd: it is not a regular file") == true)
        unlink(path)
        #expect(symlink(store.scratch["elsewhere"], path) == 0)
        #expect(refusal() != nil)
        #expect(FileOnDisk(store.scratch["elsewhere"]) == nil)
    }

    @Test func `a database whose pages are damaged is an error and no crash`() throws {
        do { for _ in 0..<50 { _ = try store.open().job() } }
        try store.foreign().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        var bytes = try #require(FileOnDisk.bytes(store.directory.database))
        for index in 100..<4096 { bytes[index] = 0xA5 }
        FileOnDisk.write(bytes, to: store.directory.database)
        let error = refusal(.write)
        #expect(error?.name == "damaged" && error?.hint != nil)
        #expect(FileOnDisk.bytes(store.directory.database) == bytes)
    }

    @Test func `a newer store is refused and not touched`() throws {
        do {
            let database = try store.open()
            try database.connection.execute("PRAGMA user_version = 9999")
            _ = try database.texts("PRAGMA wal_checkpoint(TRUNCATE)")
        }
        let before = FileOnDisk.bytes(store.directory.database)
        for purpose in [JobDatabase.Purpose.create, .write, .read] {
            guard case .newer(_, 9999, Self.known) = refusal(purpose) else {
                Issue.record("a newer store was not refused")
                continue
            }
        }
        #expect(FileOnDisk.bytes(store.directory.database) == before)
    }

    @Test func `a locked store is busy and not touched`() throws {
        let database = try store.open()
        _ = try database.job()
        _ = try database.texts("PRAGMA wal_checkpoint(TRUNCATE)")
        let before = FileOnDisk.bytes(store.directory.database)
        let other = try store.foreign()
        try other.run("BEGIN IMMEDIATE")
        let impatient = try store.open(.write, busyTimeout: .milliseconds(20))
        let error = #expect(throws: StoreError.self) {
            try impatient.enqueue(NewJob(model: "m", input: "{}"))
        }
        guard case .busy = error else { return #expect(Bool(false), "\(String(describing: error))") }
        // Readers are not held back by a writer.
        #expect(try impatient.count("jobs") == 1)
        #expect(FileOnDisk.bytes(store.directory.database) == before)
    }

    @Test func `another program's long lock while the store is made is busy`() throws {
        try makeDirectory()
        FileOnDisk.write("", to: store.directory.database)
        let other = try store.foreign()
        try other.run("BEGIN EXCLUSIVE")
        let error = refusal(.create, busyTimeout: .milliseconds(20))
        guard case .busy = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(FileOnDisk(store.directory.database)?.size == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root, to become somebody else"))
    func `a user without permission is told`() async throws {
        _ = try store.open().job()
        chmod(store.scratch.path, 0o755)
        chmod(store.directory.path, 0o755)
        for file in [store.directory.database, store.directory.database + "-wal"] { chmod(file, 0o644) }
        chmod(store.directory.database + "-shm", 0o644)
        let before = FileOnDisk.bytes(store.directory.database)
        let state = store.directory.path
        await #expect(processExitsWith: .success) { [state = state as String] in
            try #require(setgid(65534) == 0 && setuid(65534) == 0)
            let error = #expect(throws: StoreError.self) { try JobDatabase(StateDirectory(state), .write) }
            guard case .closed(state, _) = error else {
                return #expect(Bool(false), "\(String(describing: error))")
            }
        }
        // The directory may be written, its database may not.
        chmod(store.directory.path, 0o777)
        await #expect(processExitsWith: .success) { [state = state as String] in
            try #require(setgid(65534) == 0 && setuid(65534) == 0)
            let error = #expect(throws: StoreError.self) {
                try JobDatabase(StateDirectory(state), .write).enqueue(NewJob(model: "m", input: "{}"))
            }
            #expect(["readOnly", "noPermission"].contains(error?.name), "\(String(describing: error))")
        }
        #expect(FileOnDisk.bytes(store.directory.database) == before)
        #expect(try store.open().count("jobs") == 1)
    }
}
