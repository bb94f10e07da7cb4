import Glibc
import JobModel
import Scratch
import Testing

@testable import JobStore
@testable import SQL

/// Several jobds on one store: each job has one that follows it.
@Suite(.onServer) struct LeaseTests {
    private let store = ScratchStore(isShared: true)

    /// A jobd of another machine, or the next one of the same.
    private func jobd(_ name: String, settings: String = "{}") throws -> JobStore {
        let directory = store.sibling(name)
        try directory.create()
        for _ in 0..<1000 {
            if let lock = try StateLock(directory, as: "jobd") {
                let jobd = try directory.jobStore(holding: lock, settings: settings)
                // No lease ends by itself here, however slow the machine is.
                try end(jobd, secondsAgo: -3600)
                return jobd
            }
            usleep(10_000)
        }
        throw StoreError.busy
    }

    /// What the clock does: the lease of a jobd ended so many seconds ago.
    private func end(_ jobd: JobStore, secondsAgo: Int64) throws {
        let changed = try store.foreign().rowsChanged(
            by:
                "UPDATE daemons SET lease_until = clock_timestamp() - make_interval(secs => ?2) WHERE id = ?1",
            [try #require(jobd.lease?.id), Double(secondsAgo)])
        #expect(changed == 1)
    }

    private func job(_ jobd: JobStore, _ events: JobEvent...) async throws -> Job {
        let events = [.submitting(priceUSD: 1)] + events
        let new = try await jobd.write { try $0.enqueue(NewJob(model: "m", input: "{}")).job }
        return try await jobd.read { try $0.drive(new, through: events) }
    }

    private func owner(of job: Job) throws -> Int64? {
        try store.foreign().first("SELECT owner FROM jobs WHERE id = ?1", job.id) { $0.optionalInteger(0) }
            ?? nil
    }

    /// Only one that was not kept from writing takes over, as a slow machine may have kept it.
    private func takeOver(_ jobd: JobStore) async throws -> (followed: [Job], doubted: [Job]) {
        jobd.lease?.extend(from: .now + .seconds(3600))
        return try await jobd.write { try $0.takeOver() }
    }

    private let running = JobEvent.observed(.init(isRunning: true, word: "in_progress"))

    // MARK: - One's own lease

    @Test func `a jobd has a lease that each of its writes renews`() async throws {
        let a = try jobd("a", settings: #"{"max_in_flight":3}"#)
        let id = try #require(a.lease?.id)
        #expect(a.lease?.isValid == true)
        let foreign = try store.foreign()
        let beat = { try foreign.first("SELECT beat FROM daemons WHERE id = ?1", id) { $0.integer(0) } ?? -1 }
        let before = try beat()
        try await a.write { _ = try $0.job() }
        #expect(try beat() == before + 1)
        // Also a lease that has ended, if nobody has taken over.
        try end(a, secondsAgo: 100_000)
        #expect(try store.open().daemons().map(\.isAlive) == [false])
        try await a.write { _ = try $0.job() }
        let found = try store.open().daemons()
        #expect(found.map(\.id) == [id] && found[0].silentSeconds < 3600)
        #expect(found[0].settings == #"{"max_in_flight":3}"# && found[0].host == Lease.Holder.hostName)
        #expect(found[0].stateDirectory == store.sibling("a").path && found[0].since != nil)
    }

    @Test func `here a lease ends before it does at the server`() {
        let lease = Lease(Lease.Holder(stateDirectory: "/x", longestPost: .seconds(70), settings: "{}"))
        #expect(!lease.isValid && lease.id == nil)
        lease.begin(1, at: .now - .seconds(26))
        #expect(!lease.isValid)
        lease.begin(1, at: .now)
        #expect(lease.isValid)
        // It counts from before the renewal was sent, and no late answer makes it shorter.
        lease.extend(from: .now - .seconds(60))
        #expect(lease.isValid)
    }

    @Test func `a deposed jobd's write fails, and it goes on under a new lease`() async throws {
        let (a, b) = (try jobd("a"), try jobd("b"))
        let followed = try await job(a, .accepted(requestID: "r"))
        let first = try #require(a.lease?.id)
        try end(a, secondsAgo: 1)
        #expect(try await takeOver(b).followed.map(\.id) == [followed.id])
        let events = try store.open().count("events")
        let error = await #expect(throws: StoreError.self) { try await a.write { _ = try $0.job() } }
        #expect(error?.name == nil && error.map { "\($0)" }?.contains("taken over") == true)
        #expect(try store.open().count("events") == events)
        #expect(try #require(a.lease?.id) > first)
        // What was claimed before, and has not left yet, never leaves.
        #expect(a.lease?.allows(first) == false)
        try await a.write { _ = try $0.job() }
        // What the other has is the other's.
        let known = [
            try await a.read { try $0.findOwn(followed.id) },
            try await b.read { try $0.findOwn(followed.id) },
        ]
        #expect(known == [nil, followed])
        let next = running
        let refusal = await #expect(throws: StoreError.self) {
            try await a.write { _ = try $0.record(next, for: followed.id, in: .inQueue) }
        }
        #expect(refusal.map { "\($0)" } == "another jobd follows the job")
    }

    @Test func `who cannot have a new lease writes nothing`() async throws {
        let (a, b) = (try jobd("a"), try jobd("b"))
        try end(a, secondsAgo: 1)
        _ = try await takeOver(b)
        let foreign = try store.foreign()
        try foreign.execute(
            "CREATE TRIGGER closed BEFORE INSERT ON daemons EXECUTE FUNCTION refuse('not now')")
        for _ in 1...3 {
            await #expect(throws: StoreError.self) { try await a.write { _ = try $0.job() } }
        }
        #expect(try store.open().count("jobs") == 0)
        try foreign.dropTrigger("closed", on: "daemons")
        await #expect(throws: StoreError.self) { try await a.write { _ = try $0.job() } }
        try await a.write { _ = try $0.job() }
    }

    // MARK: - Taking over

    @Test func `jobs are taken over once the lease has ended, and not before`() async throws {
        let (a, b) = (try jobd("a"), try jobd("b"))
        let queued = try await job(a, .accepted(requestID: "1"))
        let progressing = try await job(a, .accepted(requestID: "2"), running)
        let fetching = try await job(
            a, .accepted(requestID: "3"), .succeeded(finishedAt: nil, costUSD: nil))
        let ended = try await job(a, .refused(message: "no"))
        let jobs = [queued, progressing, fetching]
        #expect(try jobs.map { try owner(of: $0) } == [a.lease?.id, a.lease?.id, a.lease?.id])
        #expect(try owner(of: ended) == nil)
        #expect(try await takeOver(b).followed == [])
        #expect(try await b.read { try $0.followed() } == [])
        try end(a, secondsAgo: 1)
        let (charges, events) = (try store.open().count("charges"), try store.open().count("events"))
        let taken = try await takeOver(b)
        #expect(Set(taken.followed.map(\.id)) == Set(jobs.map(\.id)) && taken.doubted == [])
        #expect(try jobs.map { try owner(of: $0) } == [b.lease?.id, b.lease?.id, b.lease?.id])
        #expect(Set(try await b.read { try $0.followed().map(\.id) }) == Set(jobs.map(\.id)))
        // That is all.
        #expect(try store.open().count("charges") == charges && store.open().count("events") == events)
        #expect(try await takeOver(b).followed == [])
    }

    @Test func `who was kept from writing takes nobody for dead before it has written again`() async throws {
        let (a, b) = (try jobd("a"), try jobd("b"))
        let followed = try await job(a, .accepted(requestID: "r"))
        try end(a, secondsAgo: 1)
        let lease = try #require(b.lease)
        lease.begin(try #require(lease.id), at: .now - .seconds(60))
        #expect(try await b.write { try $0.takeOver() }.followed == [])
        #expect(try owner(of: followed) == a.lease?.id)
        #expect(try await takeOver(b).followed.map(\.id) == [followed.id])
    }

    @Test func `what a dead jobd was sending is in doubt once its answer would have come`() async throws {
        let (a, b) = (try jobd("a"), try jobd("b"))
        let sending = try await job(a)
        for seconds in [1, 3600, 7000] as [Int64] {
            try end(a, secondsAgo: seconds)
            let taken = try await takeOver(b)
            #expect(taken.doubted == [] && taken.followed == [])
        }
        #expect(try store.open().state(of: sending) == .submitting)
        try end(a, secondsAgo: 7201)
        let taken = try await takeOver(b)
        #expect(taken.doubted.map(\.id) == [sending.id] && taken.followed == [])
        #expect(try store.open().state(of: sending) == .uncertain)
        #expect(try owner(of: sending) == nil)
        #expect(try store.open().find(sending.id)?.submissions == 1)
        // The answer came after all, to whom it was meant for.
        await #expect(throws: StoreError.self) { try await a.write { _ = try $0.lastEventID() } }
        let adopted = JobEvent.resolved(.adopt(requestID: "late"))
        let settled = try await a.write { try $0.record(adopted, for: sending.id, in: .uncertain) }
        #expect(settled.state == .inQueue)
        #expect(try owner(of: sending) == a.lease?.id)
    }

    @Test func `a jobd that stops leaves its jobs to the others at once`() async throws {
        let (a, b) = (try jobd("a"), try jobd("b"))
        let followed = try await job(a, .accepted(requestID: "r"))
        try await a.close()
        #expect(try store.open().daemons().map(\.id) == [b.lease?.id])
        #expect(try await takeOver(b).followed.map(\.id) == [followed.id])
    }

    @Test func `a restart in the same directory takes its jobs at once`() async throws {
        var first: JobStore? = try jobd("a")
        let b = try jobd("b")
        let followed = try await job(try #require(first), .accepted(requestID: "r"))
        let sending = try await job(try #require(first))
        first = nil
        let second = try jobd("a")
        #expect(try await takeOver(b).followed == [])
        #expect(try owner(of: followed) == second.lease?.id && owner(of: sending) == second.lease?.id)
        #expect(try await second.write { try $0.doubtSubmitting() }.map(\.id) == [sending.id])
        #expect(try await second.read { try $0.followed().map(\.id) } == [followed.id])
        #expect(try store.open().daemons().map(\.id) == [b.lease?.id, second.lease?.id])
    }

    @Test func `what nobody follows is taken up`() async throws {
        let b = try jobd("b")
        let database = try store.open()
        let sent = JobEvent.submitting(priceUSD: 1)
        let followed = try database.job(sent, .accepted(requestID: "r"))
        let sending = try database.job(sent)
        #expect(try owner(of: followed) == nil && owner(of: sending) == nil)
        let taken = try await takeOver(b)
        #expect(taken.followed.map(\.id) == [followed.id] && taken.doubted.map(\.id) == [sending.id])
        #expect(try owner(of: followed) == b.lease?.id)
    }

    // MARK: - Whose job it is

    @Test func `a job that another jobd follows is not written`() async throws {
        let (a, b) = (try jobd("a"), try jobd("b"))
        let fetching = try await a.write { try $0.succeededJob(pictures: 1) }
        let sending = try await job(a)
        let before = try store.open().connection.rows("SELECT * FROM jobs ORDER BY id")
        for (job, event) in [
            (fetching, JobEvent.failed(JobFailure(.download, "no"))), (sending, .accepted(requestID: "s")),
            (sending, .unanswered(reason: "cut")),
        ] {
            let error = await #expect(throws: StoreError.self) {
                try await b.write { _ = try $0.record(event, for: job.id, in: job.state) }
            }
            #expect(error.map { "\($0)" } == "another jobd follows the job")
        }
        await #expect(throws: StoreError.self) {
            try await b.write { try $0.finishOutputs(of: fetching.id) }
        }
        #expect(try store.open().connection.rows("SELECT * FROM jobs ORDER BY id") == before)
        #expect(try store.open().outputs(of: fetching.id).map(\.state) == [.pending])
        try await a.write { try $0.finishOutputs(of: fetching.id) }
        #expect(
            try store.open().texts("SELECT host FROM outputs") == [Lease.Holder.hostName])
    }

    @Test func `a person steers a job, and its jobd keeps it`() async throws {
        let a = try jobd("a")
        let followed = try await job(a, .accepted(requestID: "r"))
        let person = try store.open()
        let last = try person.lastEventID()
        _ = try person.transaction { try person.steer(followed.id, .cancel) }
        #expect(try owner(of: followed) == a.lease?.id)
        #expect(try await a.read { try $0.steered(after: last).jobs.map(\.id) } == [followed.id])
    }

    // MARK: - What one does for all

    @Test func `one jobd leads and one tries, and the next if it is gone`() async throws {
        let (a, b) = (try jobd("a"), try jobd("b"))
        #expect(try await a.read { try $0.isLeading() })
        #expect(try await b.read { try !$0.isLeading() })
        #expect(try await b.write { try $0.isProbing() })
        #expect(try await a.write { try !$0.isProbing() })
        #expect(try await b.write { try $0.isProbing() })
        try end(b, secondsAgo: 1)
        #expect(try await a.write { try $0.isProbing() })
        #expect(try await b.write { try !$0.isProbing() })
        try await a.close()
        #expect(try await b.read { try $0.isLeading() })
        #expect(try await b.write { try $0.isProbing() })
    }
}

extension JobDatabase {
    fileprivate func state(of job: Job) throws -> JobState? { try find(job.id)?.state }
}

extension Lease {
    /// Whether something that is claimed now may be sent.
    var isValid: Bool { id.map(allows) ?? false }
}
