import JobModel
import Policy
import Provider
import Testing

@testable import HTTP
@testable import Worker

@Suite struct RemoteJobTests {
    /// Some hundred thousand steps: nothing is bought twice, nothing that was paid for is dropped, nothing
    /// ends before its time.
    @Test func `a random life keeps every promise`() {
        var steps = 0
        var ends: [String: Int] = [:]
        for seed in 1...8000 as ClosedRange<UInt64> {
            var world = JobWorld(seed: seed)
            world.live()
            steps += world.steps
            ends["\(world.row.state)/\(world.row.failureKind?.rawValue ?? "")", default: 0] += 1
            guard world.broken.isEmpty else {
                Issue.record("seed \(seed): \(world.broken.prefix(5))")
                return
            }
        }
        #expect(steps > 200_000)
        // The walk has been everywhere.
        for end in [
            "completed/", "cancelled/", "failed/lost", "failed/remote", "failed/download", "uncertain/",
        ] {
            #expect(ends[end, default: 0] > 10, "\(ends)")
        }
    }

    // MARK: - One step

    private func rules(_ change: (inout RemoteJob.Rules) -> Void = { _ in }) -> RemoteJob.Rules {
        var rules = RemoteJob.Rules(
            now: 10_000, wall: Timestamp(milliseconds: 10_000), origin: "here",
            retry: RetryPolicy(shortest: .seconds(1), longest: .seconds(8)),
            poll: PollPolicy(shortest: .seconds(1), longest: .seconds(9)), times: nil,
            deadline: .seconds(100),
            patience: FetchPace.Patience(attempts: 2, time: .zero), writesSidecar: true, chance: 1)
        change(&rules)
        return rules
    }

    private func job(_ state: JobState = .inQueue, _ change: (inout Job) -> Void = { _ in }) throws
        -> RemoteJob
    {
        var row = Job(id: 7, state: state, model: "m", input: "{}", createdAt: Timestamp(milliseconds: 0))
        (row.requestID, row.origin, row.followedSince) = ("r", "here", Timestamp(milliseconds: 9_000))
        change(&row)
        if state == .submitting { return RemoteJob(sending: row, failures: 0) }
        return try #require(RemoteJob(row, at: 10_000, Timestamp(milliseconds: 10_000)))
    }

    /// What is done, in words.
    private func words(_ actions: [RemoteJob.Action]) -> [String] {
        actions.compactMap { action in
            if case .log = action { return nil }
            return "\(action)"
        }
    }

    @Test func `what is due is asked for sent or fetched`() throws {
        let wish = { (row: inout Job) in row.cancelRequestedAt = Timestamp(milliseconds: 9_500) }
        for (job, action) in [
            (try job(), "askStatus"), (try job(.inProgress), "askStatus"), (try job(.submitting), "post"),
            (try job(.downloading), "load"), (try job(.inQueue, wish), "sendCancel"),
            (try job(.inQueue) { $0.origin = "there" }, #"setAside("there")"#),
        ] {
            var job = job
            #expect(words(job.handle(.due, rules())) == [action])
        }
    }

    @Test func `a look that finds nothing new writes nothing`() throws {
        var job = try job()
        let first = words(job.handle(.status(.known(.inQueue, queuePosition: 3)), rules()))
        #expect(first.contains { $0.hasPrefix("record(") })
        let second = words(job.handle(.status(.known(.inQueue, queuePosition: 3)), rules()))
        #expect(second.map { $0.prefix(5) } == ["repor", "wait("])
    }

    private static let digest = AnswerDigest(status: 200, body: [1])

    @Test func `the same answer means the same and is judged as any other`() throws {
        for status: RemoteStatus in [.inQueue, .inProgress, .unknown("idle")] {
            let position: Int64? = status == .inQueue ? 3 : nil
            var job = try job()
            _ = job.handle(.status(.known(status, queuePosition: position), Self.digest), rules())
            #expect(job.lastAnswer == Self.digest)
            #expect(job.lastStatus == .known(status, queuePosition: position))
            let same = words(job.handle(.sameStatus, rules()))
            #expect(same.map { $0.prefix(5) } == ["repor", "wait("] && job.lastAnswer == Self.digest)
            let late = words(job.handle(.sameStatus, rules { $0.now += 100_000 }))
            let end = status == .inQueue ? "sendCancel" : "after the deadline"
            #expect(late.contains { $0.contains(end) })
        }
    }

    @Test func `an answer is compared only with one that left the job as it is`() throws {
        let known = RemoteJob.Event.status(.known(.inQueue, queuePosition: 3), Self.digest)
        for event in [
            RemoteJob.Event.status(.stopped(.tryLater("HTTP 500", retryAfter: nil)), Self.digest),
            .status(.known(.completed, queuePosition: nil), Self.digest),
            .status(.known(.inProgress, queuePosition: nil)),
            .result(.unfinished(.inProgress, queuePosition: nil)),
        ] {
            var job = try job()
            _ = job.handle(known, rules())
            _ = job.handle(event, rules())
            #expect(job.lastAnswer == nil, "\(event)")
        }
    }

    @Test func `the result alone says how it ended`() throws {
        var job = try job()
        for status: RemoteStatus in [.completed, .failed, .cancelled, .succeeded] {
            #expect(words(job.handle(.status(.known(status, queuePosition: nil)), rules())) == ["askResult"])
        }
    }

    @Test func `a job ended between the look that found it done and the one before`() throws {
        func took(_ job: inout RemoteJob, at now: Moment, _ facts: ResultFacts = ResultFacts()) -> Duration? {
            for case .reportLook(.finished(let took)) in job.handle(
                .result(.succeeded([], facts)), rules { $0.now = now })
            { return took }
            return nil
        }
        var row = Job(id: 7, state: .inQueue, model: "m", input: "{}", createdAt: Timestamp(milliseconds: 0))
        (row.requestID, row.followedSince) = ("r", Timestamp(milliseconds: 9_000))
        var sent = try job(.submitting)
        // The first look comes when it has a chance, and not only after the shortest time between two.
        let known = rules { $0.times = RunTimes([.milliseconds(20), .milliseconds(20), .milliseconds(20)]) }
        #expect(words(sent.handle(.recorded(row, []), known)).last == "wait(0.0204 seconds)")
        var looked = sent
        #expect(took(&sent, at: 10_400) == .milliseconds(200))
        _ = looked.handle(.status(.known(.inProgress, queuePosition: nil)), rules { $0.now = 10_500 })
        _ = looked.handle(.sameStatus, rules { $0.now = 11_000 })
        // The row is read again.
        var again = try job()
        again.request?.since = Timestamp(milliseconds: 9_000)
        again.carryOver(from: looked)
        #expect(took(&again, at: 12_000) == .milliseconds(1500))
        #expect(took(&looked, at: 12_000) == .milliseconds(1500))
        // What was before jobd started tells nothing, and what the service says counts most.
        var old = try job()
        #expect(took(&old, at: 12_000) == nil)
        let facts = ResultFacts(createdAt: "2026-01-01 00:00:00.000", finishedAt: "2026-01-01 00:00:03.000")
        #expect(took(&looked, at: 13_000, facts) == .seconds(3))
    }

    @Test func `the deadline cancels what waits and fails what runs`() throws {
        let late = rules { $0.now = 200_000 }
        var running = try job()
        let actions = words(running.handle(.status(.known(.inProgress, queuePosition: nil)), late))
        #expect(actions.contains { $0.contains("still in_progress after the deadline") })
        var waiting = try job()
        #expect(words(waiting.handle(.status(.known(.inQueue, queuePosition: 1)), late)).last == "sendCancel")
        #expect(words(waiting.handle(.cancel(.cancelled), late)) == ["askResult"])
        let ended = words(waiting.handle(.result(.cancelled(ResultFacts(cost: 0))), late))
        #expect(ended.contains { $0.contains("cancelled then") && $0.contains("Optional(0.0)") })
    }

    @Test func `a late cost of an end is asked for once`() throws {
        var job = try job()
        var facts = ResultFacts()
        facts.costIsDue = true
        let asked = words(job.handle(.result(.failed("broken", facts)), rules()))
        #expect(asked.last?.hasPrefix("askCost") == true && !asked.contains { $0.hasPrefix("record") })
        #expect(words(job.handle(.cost(0.5), rules())).first?.contains("0.5") == true)
    }

    @Test func `an unknown request is for others to judge`() throws {
        var job = try job()
        let actions = words(job.handle(.status(.stopped(.gone("404001"))), rules()))
        #expect(actions.last?.hasPrefix("askWhetherLost(") == true)
        let isKept = words(job.handle(.lossDecided(isLost: false, "404001", wait: .seconds(3)), rules()))
        #expect(isKept == ["wait(3.0 seconds)"])
        let lost = words(job.handle(.lossDecided(isLost: true, "404001", wait: .seconds(3)), rules()))
        #expect(lost.first?.contains("lost") == true)
    }

    @Test func `an accepted cancel is confirmed or believed after a while`() throws {
        var job = try job(.inQueue) { $0.cancelRequestedAt = Timestamp(milliseconds: 9_500) }
        #expect(words(job.handle(.cancel(.cancelled), rules())) == ["askResult"])
        var last: [String] = []
        for _ in 1...4 { last = words(job.handle(.result(.stopped(.gone("404001"))), rules())) }
        #expect(last.contains { $0.contains("cancelledRemotely") })
    }

    @Test func `what is being tried is not due and what waits is`() throws {
        var job = try job(.downloading)
        var row = Job(
            id: 7, state: .downloading, model: "m", input: "{}", createdAt: Timestamp(milliseconds: 0))
        row.requestID = "r"
        let outputs = (1...2).map { Output(jobID: 7, position: $0, kind: .image, url: "u\($0)") }
        _ = job.handle(.loaded(row, outputs), rules())
        #expect(job.nextFileDue == nil)
        let failure = OutputFetch.Failure(kind: .trouble, words: "HTTP 503")
        _ = job.handle(.file(.failed(failure), of: outputs[0]), rules())
        #expect(job.nextFileDue == 11_000)
        _ = job.handle(.file(.failed(failure), of: outputs[1]), rules { $0.now = 10_400 })
        _ = job.handle(.filesTried, rules())
        // The next round tries the first one while the second one waits.
        let tries = words(job.handle(.loaded(row, outputs), rules { $0.now = 11_000 }))
        #expect(tries.first?.hasPrefix("fetch(") == true && job.nextFileDue == 11_400)
    }

    @Test func `an output that is not on record as done ends nothing`() throws {
        var job = try job(.downloading)
        let row = Job(
            id: 7, state: .downloading, model: "m", input: "{}", createdAt: Timestamp(milliseconds: 0))
        #expect(words(job.handle(.loaded(row, []), rules())) == ["loadOutputs"])
        let pending = Output(jobID: 7, position: 1, kind: .image, url: "u")
        #expect(words(job.handle(.outputs([pending]), rules())).allSatisfy { $0.hasPrefix("wait(") })
    }

    @Test func `the request of another job is nobody's`() throws {
        var job = try job(.submitting) { $0.requestID = nil }
        let actions = words(job.handle(.submitted(.bought(requestID: "r", raw: "raw")), rules()))
        #expect(actions.first?.contains("accepted") == true)
        let uncertain = words(job.handle(.requestIsAnothers, rules()))
        #expect(uncertain.first?.contains("raw") == true && uncertain.last == "leave")
    }
}
