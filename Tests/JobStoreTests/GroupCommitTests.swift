import Glibc
import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

extension JobStore {
    /// Starts all of `bodies` before the first of them runs, as callers of a busy store do.
    fileprivate func writeTogether(
        of job: Int64? = nil, _ bodies: [@Sendable (JobDatabase) throws -> Int64]
    ) async -> [Result<Int64, any Error>] {
        let tasks = bodies.map { body in
            Task { () -> Result<Int64, any Error> in
                do { return .success(try await self.write(of: job, body)) } catch {
                    return .failure(error)
                }
            }
        }
        var results: [Result<Int64, any Error>] = []
        for task in tasks { results.append(await task.value) }
        return results
    }
}

@Suite struct GroupCommitTests {
    private struct Fault: Error {}

    private let store = ScratchStore()

    /// How many commits there were. A server's are counted by the lease that each renews.
    private func commits() throws -> Int {
        if store.directory.shared == nil { return WriteAheadLog.commits(store.directory.database + "-wal") }
        return try store.foreign().first("SELECT beat FROM daemons") { Int($0.integer(0)) } ?? 0
    }

    private static func insert(bytes: Int = 1) -> @Sendable (JobDatabase) throws -> Int64 {
        { try $0.insert(NewJob(model: "m", input: "{\"x\":\"\(String(repeating: "x", count: bytes))\"}")).id }
    }

    @Test func `many writes are one commit`() async throws {
        let jobs = try store.jobStore()
        let before = try commits()
        let results = await jobs.writeTogether((0..<64).map { _ in Self.insert() })
        #expect(Set(try results.map { try $0.get() }) == Set(1...64))
        #expect(try commits() == before + 1)
        #expect(try await jobs.read { try $0.count("jobs") } == 64)
        // One alone is one commit as well, and what writes nothing is none.
        _ = try await jobs.write(Self.insert())
        #expect(try commits() == before + 2)
        _ = try await jobs.write { try $0.count("jobs") }
        #expect(try commits() == before + perEngine(2, postgresql: 3))
    }

    @Test func `what waits for company is committed before the end`() async throws {
        let jobs = try store.jobStore()
        // Many share a commit, so that the next one waits.
        _ = await jobs.writeTogether((0..<64).map { _ in Self.insert() })
        // Behind this read in the store's queue: the post, then the end.
        try await jobs.read { _ in jobs.post { _ = try Self.insert()($0) } }
        try await jobs.close()
        #expect(FileOnDisk(store.directory.database + "-wal")?.size == perEngine(0, postgresql: nil))
        #expect(try await jobs.read { try $0.count("jobs") } == 65)
    }

    @Test func `what is urgent takes what waits for company along, and nothing waits for ever`() async throws
    {
        let jobs = try store.jobStore()
        _ = await jobs.writeTogether((0..<64).map { _ in Self.insert() })
        let before = try commits()
        // Behind this read in the store's queue: the posts, then the urgent write. On a slow machine, the
        // posts have waited long enough before it comes.
        try await jobs.read { _ in for _ in 1...4 { jobs.post { _ = try Self.insert()($0) } } }
        #expect(try await jobs.write(isUrgent: true, Self.insert()) == 69)
        #expect(try commits() <= before + 2)
        for id in 70...80 as ClosedRange<Int64> { #expect(try await jobs.write(Self.insert()) == id) }
    }

    @Test func `every answer comes after its commit`() async throws {
        let jobs = try store.jobStore()
        let directory = store.directory
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    do {
                        let id = try await jobs.write(Self.insert())
                        // Another connection sees it as soon as the caller knows of it.
                        let other = try JobDatabase(directory, .read)
                        #expect(try other.find(id) != nil)
                        #expect(try commits() > 0)
                    } catch { Issue.record(error) }
                }
            }
        }
        #expect(try await jobs.read { try $0.count("jobs") } == 32)
    }

    @Test func `a part that fails undoes itself alone`() async throws {
        let jobs = try store.jobStore()
        let before = try commits()
        let results = await jobs.writeTogether(
            (0..<12).map { index in
                { database in
                    let id = try Self.insert()(database)
                    if index % 4 == 1 { throw Fault() }
                    if index % 4 == 2 { _ = try database.record(.fetched, for: id, in: .queued) }
                    if index % 4 == 3 { try database.append(.fault, job: 999, at: database.now) }
                    return id
                }
            })
        for (index, result) in results.enumerated() {
            switch (index % 4, result) {
            case (0, .success(let id)): #expect(try await jobs.read { try $0.find(id) } != nil)
            case (1, .failure(let error)): #expect(error is Fault)
            case (2, .failure(let error)): #expect(error is StaleJob)
            case (3, .failure(StoreError.refused)): break
            default: Issue.record("part \(index) gave \(result)")
            }
        }
        #expect(try await jobs.read { try $0.count("jobs") } == 3)
        #expect(try await jobs.read { try $0.count("events") } == 3)
        #expect(try commits() == before + 1)
    }

    @Test func `the last part of a group fails alone, too`() async throws {
        let jobs = try store.jobStore()
        let late: @Sendable (JobDatabase) throws -> Int64 = {
            try $0.append(.fault, job: 999, at: $0.now)
            return 0
        }
        let results = await jobs.writeTogether([Self.insert(), Self.insert(), late])
        #expect(try results[0].get() < results[1].get())
        #expect(throws: StoreError.self) { try results[2].get() }
        #expect(try await jobs.read { try $0.count("jobs") } == 2)
    }

    @Test func `each part of a group sees what the ones before it have done to the job`() async throws {
        let jobs = try store.jobStore()
        for _ in 1...2 { _ = try await jobs.write(Self.insert()) }
        func step(_ event: JobEvent, _ state: JobState) -> @Sendable (JobDatabase) throws -> Int64 {
            { try $0.record(event, for: 1, in: state).submissions }
        }
        let results = await jobs.writeTogether(
            of: 1,
            [
                step(.submitting(priceUSD: 1), .queued), step(.submitting(priceUSD: 1), .queued),
                step(.accepted(requestID: "r", origin: "o"), .submitting),
            ])
        #expect(try results[0].get() == 0)
        #expect(throws: StaleJob.self) { try results[1].get() }
        #expect(try results[2].get() == 1)
        #expect(try await jobs.read { try $0.find(1)?.state } == .inQueue)
    }

    @Test func `a pause may be part of a group`() async throws {
        let jobs = try store.jobStore()
        #expect(try await jobs.write { try $0.pause(.balance, "402") })
        #expect(try await jobs.write { try $0.pause(.balance, "402 again") } == false)
        #expect(try await jobs.read { try $0.pauses().map(\.detail) } == ["402 again"])
        // `on_attention` hears of it once.
        try await jobs.write { try $0.keepPause(.balance, "402 once more") }
        #expect(try await jobs.read { try $0.count("events") } == 1)
        #expect(try await jobs.write { try $0.resume([.balance, .hand]) } == [.balance])
        #expect(try await jobs.write { try $0.enqueue(NewJob(model: "m", input: "{}")).job.id } == 1)
    }

    @Test func `a store that is locked fails everyone and works again`() async throws {
        let jobs = try store.jobStore(busyTimeout: .milliseconds(20))
        let other = try store.foreign()
        try other.beginWriting()
        let results = await jobs.writeTogether((0..<8).map { _ in Self.insert() })
        for result in results {
            guard case .failure(let error as StoreError) = result, case .busy = error else {
                Issue.record("a locked store gave \(result)")
                continue
            }
        }
        try other.execute("ROLLBACK")
        _ = try await jobs.write(Self.insert())
        #expect(try await jobs.read { try $0.count("jobs") } == 1)
    }

    /// A disk of `size` kibibytes on which `body` works; nothing where this machine lets nobody mount one.
    private func onSmallDisk(_ kibibytes: Int, _ body: (StateDirectory) async throws -> Void) async throws {
        let disk = store.scratch["disk"]
        mkdir(disk, 0o700)
        let mounted = Program.run("mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k", "tmpfs", disk)
        guard mounted.code == 0 else {
            print("not tested, no disk could be mounted: \(mounted.output)")
            return
        }
        defer { Program.run("umount", "-l", disk) }
        try await body(StateDirectory(disk + "/state"))
    }

    @Test(
        .onlySQLite, .enabled(if: geteuid() == 0, "needs root, to mount a small disk"), arguments: [8192, 64])
    func `a full disk fails everyone who waited, keeps what was answered for, and heals`(cache: Int)
        async throws
    {
        try await onSmallDisk(2048) { directory in
            try directory.create()
            let lock = try #require(try StateLock(directory, as: "jobd"))
            let jobs = try JobStore(lock: lock) {
                let database = try JobDatabase(directory, .create, lock: lock)
                // With a small cache the disk is full in the midst of a statement, else at the commit.
                try database.connection.execute("PRAGMA cache_size = -\(cache)")
                return database
            }
            let kept = try await jobs.write(Self.insert(bytes: 1000))
            let results = await jobs.writeTogether((0..<40).map { _ in Self.insert(bytes: 100_000) })
            for result in results {
                guard case .failure(let error as StoreError) = result, case .diskFull = error else {
                    Issue.record("a full disk gave \(result)")
                    continue
                }
            }
            #expect(try await jobs.read { try $0.count("jobs") } == 1)
            let next = try await jobs.write(Self.insert(bytes: 10))
            #expect(next > kept)
            let other = try JobDatabase(directory, .read)
            #expect(try other.count("jobs") == 2)
            #expect(try other.texts("PRAGMA quick_check") == ["ok"])
        }
    }
}
