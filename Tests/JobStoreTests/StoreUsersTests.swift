import Glibc
import JobModel
import Scratch
import System
import Testing

@testable import JobStore

/// Other programs that are in the way are named, and what they kept from being done is done afterwards.
@Suite(.onlySQLite) struct StoreUsersTests {
    private let store = ScratchStore()

    /// What a `JobStore` has said about its troubles.
    private final class Said: Sendable {
        private let lines = Locked<[(kind: Trouble.Kind, detail: String?)]>([])
        func note(_ kind: Trouble.Kind, _ detail: String?) { lines.withLock { $0.append((kind, detail)) } }
        var last: (kind: Trouble.Kind, detail: String?)? { lines.withLock { $0.last } }
        var all: [(kind: Trouble.Kind, detail: String?)] { lines.withLock { $0 } }
    }

    @Test func `who reads and who writes is told by name`() throws {
        let database = try store.open()
        try database.job()
        let directory = store.directory
        #expect(StoreUsers.reader(of: directory) == nil && StoreUsers.writer(of: directory) == nil)
        let reader = try OpenTransaction(directory.database, "BEGIN; SELECT count(*) FROM jobs;")
        try eventually("it reads") { StoreUsers.reader(of: directory)?.id == reader.program.pid }
        #expect(StoreUsers.reader(of: directory)?.program == "sqlite3")
        #expect(StoreUsers.writer(of: directory) == nil)
        reader.end()
        #expect(StoreUsers.reader(of: directory) == nil)
        let writer = try OpenTransaction(directory.database, "BEGIN IMMEDIATE;")
        try eventually("it writes") { StoreUsers.writer(of: directory)?.id == writer.program.pid }
        #expect(
            StoreUsers.wait(for: StoreUsers.writer(of: directory))
                == "sqlite3 (pid \(writer.program.pid)) has an open write transaction")
        writer.end()
        #expect(StoreUsers.wait(for: nil) == "another program has an open write transaction")
    }

    @Test func `asking drops no lock of this process`() throws {
        let database = try store.open()
        try database.transaction {
            #expect(StoreUsers.writer(of: store.directory) == nil)
            let other = Program.run("sqlite3", store.directory.database, "BEGIN IMMEDIATE")
            #expect(other.errors.contains("locked"), "\(other)")
        }
    }

    @Test func `a large log is emptied once its reader has gone, which is named`() async throws {
        let jobs = try store.jobStore()
        let reader = try OpenTransaction(store.directory.database, "BEGIN; SELECT count(*) FROM jobs;")
        try await eventually("it reads") { StoreUsers.reader(of: store.directory) != nil }
        let text = String(repeating: "x", count: 1 << 20)
        for _ in 0..<20 {
            _ = try await jobs.write {
                try $0.enqueue(NewJob(model: "m", input: #"{"t":"\#(text)"}"#)).job.id
            }
        }
        let said = Said()
        await jobs.whenTroubled { said.note($0, $1) }
        try await eventually("the reader is named") {
            said.last?.detail?.contains("sqlite3 (pid \(reader.program.pid)) has an open read") == true
        }
        #expect(said.last?.kind == .log)
        #expect(store.directory.logComplaint == said.last?.detail)
        reader.end()
        // Nothing else is written.
        try await eventually("the log is empty") { FileOnDisk(store.directory.commitFile)?.size == 0 }
        try await eventually("it is over") { said.last.map { $0.kind == .log && $0.detail == nil } == true }
        #expect(store.directory.logComplaint == nil)
        _ = try await jobs.write { try $0.enqueue(NewJob(model: "m", input: "{}")).job.id }
    }

    @Test func `a store that cannot be written says so, and that it can again`() async throws {
        let jobs = try store.jobStore(busyTimeout: .milliseconds(20))
        let said = Said()
        await jobs.whenTroubled { said.note($0, $1) }
        let writer = try OpenTransaction(store.directory.database, "BEGIN IMMEDIATE;")
        try await eventually("it writes") { StoreUsers.writer(of: store.directory) != nil }
        await #expect(throws: StoreError.self) {
            try await jobs.write { try $0.enqueue(NewJob(model: "m", input: "{}")).job.id }
        }
        #expect(said.last?.kind == .store)
        #expect(said.last?.detail?.contains("sqlite3 (pid \(writer.program.pid))") == true)
        writer.end()
        // Nobody else tries.
        try await eventually("it is over") { said.last.map { $0.kind == .store && $0.detail == nil } == true }
    }

    @Test func `a store that takes a write now and then is one trouble until nothing fails`() async throws {
        let jobs = try store.jobStore()
        let said = Said()
        await jobs.whenTroubled { said.note($0, $1) }
        for _ in 0..<20 {
            await #expect(throws: StoreError.self) {
                try await jobs.write { _ in throw StoreError.diskFull }
            }
            _ = try await jobs.write { try $0.enqueue(NewJob(model: "m", input: "{}")).job.id }
        }
        #expect(said.all.contains { $0.kind == .store && $0.detail != nil })
        // Each of the writes that succeed would have ended it.
        #expect(said.all.count { $0.detail == nil } < 10)
        try await eventually("it is over") { said.last.map { $0.kind == .store && $0.detail == nil } == true }
    }

    @Test func `whether the store can be written is tried by a write`() throws {
        let database = try store.open()
        #expect(try database.count("daemon_settings") == 0)
        for _ in 1...3 {
            let before = WriteAheadLog.commits(store.directory.commitFile)
            try database.touch()
            #expect(WriteAheadLog.commits(store.directory.commitFile) == before + 1)
        }
    }

    @Test func `a part that fails by itself is no trouble of the store`() async throws {
        let jobs = try store.jobStore()
        let said = Said()
        await jobs.whenTroubled { said.note($0, $1) }
        await #expect(throws: StoreError.self) {
            try await jobs.write { try $0.run("INSERT INTO jobs (model, input) VALUES ('m', '[]')") }
        }
        #expect(said.last == nil)
    }

    @Test func `the holder of the lock tells its troubles, and none outlives it`() throws {
        try store.directory.create()
        var lock: StateLock? = try store.lock()
        let since = Timestamp(milliseconds: 1_767_225_600_123)
        let troubles = [
            Trouble(kind: .space, detail: "less than min_free\nis left", since: since),
            Trouble(kind: .log, detail: "it grows", since: since),
        ]
        lock?.tell(troubles)
        let holder = try #require(StateLock.daemon(of: store.directory))
        #expect(holder.processID == getpid() && holder.since != nil)
        #expect(holder.troubles.map(\.detail) == ["less than min_free is left", "it grows"])
        #expect(holder.troubles.map(\.kind) == [.space, .log] && holder.troubles[0].since == since)
        lock?.tell([troubles[1]])
        #expect(StateLock.daemon(of: store.directory)?.troubles == [troubles[1]])
        lock = nil
        #expect(store.isFree())
        lock = try store.lock()
        #expect(StateLock.daemon(of: store.directory)?.troubles == [])
    }
}
