import JobModel
import Scratch
import Testing

@testable import JobStore
@testable import SQL

/// The connection is lost at a COMMIT: whether it was done is looked up, and nobody is told anything else.
@Suite(.onServer) struct LostCommitTests {
    private let store = ScratchStore(isShared: true)
    private let proxy: ServerProxy
    /// Ours by way of the proxy.
    private let directory: StateDirectory

    init() throws {
        proxy = try ServerProxy(to: try SharedServer.ofAllTests.get().folder)
        directory = StateDirectory(store.directory.path).sharing(
            proxy.address(of: store.directory.sharedStore ?? ""), password: nil)
    }

    private func open() throws -> JobDatabase { try JobDatabase(directory, .write) }

    @Test(arguments: [ServerProxy.Cut.after, .atAnswer], [0, 2])
    func `what was committed is done, also if its answer was lost`(cut: ServerProxy.Cut, losses: Int) throws {
        let database = try open()
        try database.job()
        proxy.cutNext(cut, refusals: losses, silences: losses)
        let id = try database.transaction { try database.insert(NewJob(model: "m", input: "{}")).id }
        #expect(!proxy.isWaiting)
        #expect(try store.open().find(id) != nil)
        // The connection goes on.
        try database.job()
        #expect(try store.open().count("jobs") == 3)
    }

    @Test(arguments: [0, 2])
    func `what the server has never heard of is not done, and can be done again`(losses: Int) throws {
        let database = try open()
        try database.job()
        proxy.cutNext(.before, refusals: losses, silences: losses)
        let insert = { try database.insert(NewJob(model: "m", input: "{}")).id }
        let error = #expect(throws: StoreError.self) { try database.transaction(insert) }
        #expect(error?.name == "unreachable")
        #expect(try store.open().count("jobs") == 1)
        _ = try database.transaction(insert)
        #expect(try store.open().count("jobs") == 2)
    }

    @Test(arguments: [ServerProxy.Cut.before, .atAnswer])
    func `what nobody can say is called so`(cut: ServerProxy.Cut) throws {
        let database = try JobDatabase(directory, .write, busyTimeout: .zero)
        try database.job()
        database.server?.longestDoubt = .milliseconds(500)
        proxy.cutNext(cut, silences: .max)
        let error = #expect(throws: StoreError.self) { try database.job() }
        #expect(error?.exitCode == 69 && error?.hint?.contains("before you do it again") == true)
        // The next one is another matter.
        try database.job()
        #expect(try store.open().count("jobs") == (cut == .before ? 2 : 3))
    }

    /// After a crash at the COMMIT, another transaction gets the number of the one that was lost.
    @Test(arguments: [false, true]) func `a number alone proves nothing after a crash`(
        isDaemon: Bool
    ) async throws {
        let server = try SharedServer("-c", "wal_writer_delay=10s")
        let store = try ScratchStore(on: server)
        let proxy = try ServerProxy(to: server.folder)
        let directory = StateDirectory(store.directory.path).sharing(
            proxy.address(of: store.directory.sharedStore ?? ""), password: nil)
        let insert: @Sendable (JobDatabase) throws -> Int64 = {
            try $0.insert(NewJob(model: "m", input: "{}")).id
        }
        let crash: @Sendable () -> Void = {
            server.kill()
            do {
                try server.start()
                let other = try store.open(.write)
                for _ in 1...5 { try other.job() }
            } catch { Issue.record(error) }
        }
        do {
            if isDaemon {
                try directory.create()
                let holder = Lease.Holder(
                    stateDirectory: directory.path, longestPost: .seconds(70), settings: "{}")
                let jobs = try JobStore(lock: store.lock(), lease: Lease(holder)) {
                    try JobDatabase(directory, .write)
                }
                proxy.cutNext(.before, meanwhile: crash)
                _ = try await jobs.write(insert)
            } else {
                let database = try JobDatabase(directory, .write)
                proxy.cutNext(.before, meanwhile: crash)
                _ = try database.transaction { try insert(database) }
            }
            Issue.record("it was undone, and nobody was told")
        } catch { #expect((error as? StoreError)?.name == "unreachable", "\(error)") }
        #expect(!proxy.isWaiting)
        #expect(try store.open().count("jobs") == 5)
    }

    @Test func `the writers of a group are told what happened to their commit`() async throws {
        try directory.create()
        let lock = try store.lock()
        let holder = Lease.Holder(stateDirectory: directory.path, longestPost: .seconds(70), settings: "{}")
        let jobs = try JobStore(lock: lock, lease: Lease(holder)) { [directory] in
            try JobDatabase(directory, .write)
        }
        for (cut, isKept) in [(ServerProxy.Cut.atAnswer, true), (.before, false)] {
            let before = try store.open().count("jobs")
            proxy.cutNext(cut)
            // The first may be a group of its own.
            var kept = 0
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        do {
                            let id = try await jobs.write { database in
                                try database.insert(NewJob(model: "m", input: "{}")).id
                            }
                            return id > 0
                        } catch {
                            #expect((error as? StoreError)?.name == "unreachable")
                            return false
                        }
                    }
                }
                for await isDone in group where isDone { kept += 1 }
            }
            #expect(isKept == (kept == 16))
            #expect(try store.open().count("jobs") == before + Int64(kept))
        }
    }
}
