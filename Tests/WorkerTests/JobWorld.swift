import Configuration
import JobModel
import Policy
import Provider
import Scratch

@testable import HTTP
@testable import Worker

/// A row, a service and a disk in miniature, which perform a job's actions by a seeded chance: no store, no
/// socket, no clock. What must never happen is collected as `broken`.
struct JobWorld {
    /// How the request fares at the service.
    enum Remote {
        case none, queued, running, succeeded, failed, cancelled
    }

    private(set) var dice: SeededNumbers
    private(set) var row: Job
    private(set) var outputs: [Output] = []
    private(set) var remote = Remote.none
    /// The service does not know the request any more.
    private var isForgotten = false
    private(set) var broken: [String] = []
    private(set) var steps = 0
    private(set) var posts = 0
    private(set) var intents = 0
    private(set) var now: Int64 = 1
    private var job: RemoteJob?
    private var requests = 0
    private var boughtAt: Int64 = 0
    /// How many of a hundred answers are trouble; and whether jobd may end at any moment.
    private var trouble = 20
    private var crashes = true
    /// The run under way has said how it ends; it has been cut by a crash.
    private var hasEnded = false
    private var isCut = false

    private static let deadline = Duration.seconds(7200)

    init(seed: UInt64) {
        dice = SeededNumbers(seed)
        row = Job(id: 1, state: .queued, model: "m", input: "{}", createdAt: Timestamp(milliseconds: 0))
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &dice) < percent }
    private mutating func one<Value>(of values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &dice)]
    }
    private mutating func expect(_ isKept: Bool, _ promise: String) {
        if !isKept { broken.append("\(promise) (\(row.state), \(remote), step \(steps))") }
    }

    private var wall: Timestamp { Timestamp(milliseconds: now) }

    private mutating func rules() -> RemoteJob.Rules {
        RemoteJob.Rules(
            now: now, wall: wall, origin: "https://api",
            retry: RetryPolicy(shortest: .seconds(1), longest: .seconds(60)),
            poll: PollPolicy(shortest: .seconds(1), longest: .seconds(10)), times: nil,
            deadline: Self.deadline, patience: FetchPace.Patience(attempts: 3, time: .zero),
            writesSidecar: chance(50), chance: Double.random(in: 0..<1, using: &dice))
    }

    // MARK: - A life

    /// Lives on for some turns, in a hostile world; then in a good one, until nothing is left to do.
    mutating func live() {
        for _ in 0..<Int.random(in: 5...200, using: &dice) { turn() }
        (trouble, crashes) = (0, false)
        for _ in 0..<200 where !(row.state.hasEnded || row.state == .uncertain) { turn() }
        expect(row.state.hasEnded || row.state == .uncertain, "a job comes to its end")
        judgeTheEnd()
    }

    private mutating func judgeTheEnd() {
        expect(posts <= intents, "a POST has its intent")
        switch row.state {
        case .completed:
            expect(remote == .succeeded && outputs.allSatisfy { $0.state == .done }, "completed is complete")
        case .cancelled:
            expect([.none, .cancelled].contains(remote) || isForgotten, "cancelled is so")
        case .failed:
            switch row.failureKind {
            case .lost: expect(isForgotten, "what the service has is never lost")
            case .remote: expect(remote == .failed, "what has succeeded has not failed")
            case .download: expect(outputs.contains { $0.state == .failed }, "a file was given up")
            case .deadline:
                expect(now - boughtAt >= Self.deadline.wholeMilliseconds, "the deadline has passed")
            case .input: expect(remote == .none, "what was bought is not refused")
            default: expect(false, "no other failure")
            }
        default: break
        }
    }

    private mutating func turn() {
        if chance(5) { progress() }
        if row.state == .queued {
            job = nil
            now = max(now, row.nextTryAt?.milliseconds ?? now) + 1
            row.nextTryAt = nil
            record(.submitting(priceUSD: nil))
            intents += 1
            job = RemoteJob(sending: row, failures: 0)
        } else if job == nil {
            job = RemoteJob(row, at: now, wall)
        }
        if chance(3), record(.cancelRequested) { job = RemoteJob(row, at: now, wall) ?? job }
        guard job != nil else { return }
        (hasEnded, isCut) = (false, false)
        drive(.due)
        if isCut { return restart() }
        expect(hasEnded, "a run says how it ends")
        if !row.state.isFollowed { job = nil }
    }

    private mutating func restart() {
        job = nil
        if row.state == .submitting { record(.daemonRestarted) }
    }

    private mutating func progress() {
        switch remote {
        case .queued: remote = one(of: [.running, .queued, .succeeded, .failed])
        case .running: remote = one(of: [.running, .succeeded, .succeeded, .failed])
        case .succeeded, .failed, .cancelled:
            if crashes, chance(2) { isForgotten = true }
        case .none: break
        }
    }

    @discardableResult
    private mutating func record(_ event: JobEvent) -> Bool {
        guard let change = Change(of: row, by: event, at: wall) else {
            expect(event == .cancelRequested, "\(event) has a place")
            return false
        }
        row = change.job
        return true
    }

    // MARK: - A run

    private mutating func drive(_ event: RemoteJob.Event) {
        guard !isCut, var known = job else { return }
        steps += 1
        let actions = known.handle(event, rules())
        job = known
        for action in actions where !isCut {
            if let next = take(action) { drive(next) }
        }
    }

    private mutating func end() {
        hasEnded = true
    }

    private mutating func take(_ action: RemoteJob.Action) -> RemoteJob.Event? {
        if crashes, chance(1) {
            isCut = true
            return nil
        }
        switch action {
        case .post: return post()
        case .askStatus: return look()
        case .askResult: return .result(result())
        case .sendCancel: return .cancel(cancel())
        case .askCost: return .cost(chance(50) ? 0.25 : nil)
        case .askWhetherLost(let reason, let wait):
            let isLost = isForgotten && chance(50)
            return .lossDecided(isLost: isLost, reason, wait: wait)
        case .record(let event, let references):
            expect(!hasEnded, "nothing is recorded after the end of a run")
            record(event)
            guard case .succeeded = event else { return .recorded(row, []) }
            outputs = references.enumerated().map { index, output in
                Output(jobID: 1, position: Int64(index + 1), kind: .image, url: output.url)
            }
            return .recorded(row, outputs)
        case .recordUncertain(let reason, _): record(.unanswered(reason: reason))
        case .wait(let time):
            expect(time >= .zero, "time goes forward")
            now += time.wholeMilliseconds + 1
            end()
        case .fetchFiles, .leave: end()
        case .setAside: expect(false, "the origin is the same")
        case .reportPost, .reportLook, .note, .log, .learnOrigin, .removeTemporary, .clearFailures: break
        default: return takeOfFiles(action)
        }
        return nil
    }

    // MARK: - The service

    private mutating func post() -> RemoteJob.Event {
        expect(
            row.state == .submitting && posts < intents, "a POST is sent once, and its intent is on record")
        posts += 1
        let isBought = !chance(trouble)
        if isBought {
            requests += 1
            (remote, boughtAt, isForgotten) = (.queued, now, false)
            if chance(trouble / 4) { return .submitted(.uncertain("HTTP 504", raw: "")) }
            return .submitted(.bought(requestID: "r\(requests)", raw: "{}"))
        }
        remote = .none
        return .submitted(
            one(of: [
                .unreachable("refused"), .notBought("HTTP 429", retryAfter: .seconds(5)),
                .refused("HTTP 422"), .accountFault(.token, "HTTP 401"), .uncertain("HTTP 500", raw: ""),
            ]))
    }

    private mutating func obstacle() -> Obstacle? {
        if isForgotten { return .gone("404001") }
        guard chance(trouble) else { return nil }
        return one(of: [
            .gone("404001"), .denied("403001"), .account(.token, "401"), .misnamed("400001"),
            .tryLater("HTTP 500", retryAfter: .seconds(3)), .tryLater("HTTP 502", retryAfter: nil),
        ])
    }

    /// The answer is compared with the last one, if there is one that it may be compared with.
    private mutating func look() -> RemoteJob.Event {
        let answer = status()
        guard let job, job.lastAnswer != nil else {
            return .status(answer, chance(80) ? AnswerDigest(status: 200, body: []) : nil)
        }
        return answer == job.lastStatus ? .sameStatus : .status(answer, AnswerDigest(status: 200, body: []))
    }

    private mutating func status() -> StatusAnswer {
        expect(row.state == .inQueue || row.state == .inProgress, "only what runs is asked for")
        if !crashes || chance(15) { progress() }
        if let obstacle = obstacle() { return .stopped(obstacle) }
        if chance(trouble / 4) { return .known(.unknown("resting"), queuePosition: nil) }
        switch remote {
        case .queued: return .known(.inQueue, queuePosition: 3)
        case .running: return .known(.inProgress, queuePosition: nil)
        default: return .known(.completed, queuePosition: nil)
        }
    }

    private mutating func result() -> ResultAnswer {
        if let obstacle = obstacle() { return .stopped(obstacle) }
        let facts = ResultFacts(cost: chance(50) ? 0.1 : nil)
        switch remote {
        case .succeeded:
            let urls = (1...Int.random(in: 1...4, using: &dice)).map { "https://cdn/\($0)" }
            return .succeeded(urls.map { OutputReference(url: $0, kind: .image) }, facts)
        case .failed: return .failed("out of memory", facts)
        case .cancelled: return .cancelled(facts)
        case .running: return .unfinished(.inProgress, queuePosition: nil)
        default: return .unfinished(.inQueue, queuePosition: 1)
        }
    }

    private mutating func cancel() -> CancelAnswer {
        let isLate = now - boughtAt >= Self.deadline.wholeMilliseconds
        expect(row.cancelRequestedAt != nil || isLate, "nobody's work is cancelled unasked")
        if let obstacle = obstacle() { return .stopped(obstacle) }
        guard remote == .queued else { return .notCancellable }
        remote = .cancelled
        return .cancelled
    }

    // MARK: - The disk

    private mutating func takeOfFiles(_ action: RemoteJob.Action) -> RemoteJob.Event? {
        switch action {
        case .load: return .loaded(row, outputs)
        case .fetch(_, let tries):
            expect(Set(tries.map(\.output.position)).count == tries.count, "a file is tried once a turn")
            for file in tries {
                drive(.file(outcome(of: file.output), of: outputs[Int(file.output.position) - 1]))
            }
            return .filesTried
        case .recordFile(let fetched): finish(fetched)
        case .countFailure(let output, let isLast, _, _):
            outputs[Int(output.position) - 1].attempts = output.attempts + 1
            if isLast { outputs[Int(output.position) - 1].state = .failed }
        case .loadOutputs: return .outputs(outputs)
        case .writeSidecar(let ended, let files):
            expect(
                ended.state == .completed && files.allSatisfy { $0.state == .done },
                "a sidecar tells the truth")
            return .sidecar(trouble: chance(trouble) ? "the disk is full" : nil)
        case .complete(let last, _, _):
            if let last { finish(last) }
            expect(outputs.allSatisfy { $0.state == .done }, "completed means that all files are here")
            record(.fetched)
            return .recorded(row, [])
        case .recordLostFiles(let last, _, _):
            if let last { finish(last) }
            expect(!outputs.contains { $0.state == .pending }, "no file is given up while it may come")
            record(.failed(JobFailure(.download, "gone")))
            return .recorded(row, [])
        default: expect(false, "\(action) is performed")
        }
        return nil
    }

    private mutating func finish(_ fetched: OutputFetch.Fetched) {
        let place = Int(fetched.output.position) - 1
        expect(outputs[place].state == .pending, "a file is recorded once")
        outputs[place].state = .done
    }

    private mutating func outcome(of output: Output) -> OutputFetch.Outcome {
        expect(output.state == .pending, "what is here is not fetched again")
        if chance(trouble / 8) { return .cancelled }
        guard chance(trouble * 3) else { return .fetched(OutputFetch.Fetched(output: output)) }
        let kind: FetchPace.Setback = one(of: [.badAnswer, .badAnswer, .trouble, .gaveWay])
        return .failed(
            OutputFetch.Failure(
                kind: kind, words: "\(kind)", addressIsGone: kind == .badAnswer,
                kept: chance(20) ? Int64(steps) : 0,
                at: .now))
    }
}
