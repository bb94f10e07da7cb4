import Configuration
import JobModel
import JobStore
import Policy
import Provider
import Scratch
import System
import Testing

@testable import HTTP
@testable import Worker

/// Looks that learn nothing, on a real store.
@Suite struct LooksTests {
    private let scratch = ScratchDirectory()

    /// A service that says the same of every request, until the test has it say something else.
    private final class Service: RemoteService {
        struct State {
            var word = "in_progress"
            var looks = 0
            /// How many answers were read.
            var reads = 0
            var cancels = 0
            var receivers: [AnswerReceiver] = []
            /// The answers that are held back; nil if none is.
            var held: [@Sendable () -> Void]?
        }

        let state = Locked(State())

        func look(_ looks: [Look], _ receiver: AnswerReceiver) {
            let word = state.withLock { state in
                state.looks += looks.count
                state.receivers.append(receiver)
                return state.word
            }
            let response = HTTPResponse(status: 200, body: Array(word.utf8))
            let digest = AnswerDigest(status: 200, body: response.body)
            let answer = { @Sendable in
                receiver.receive(
                    looks.map { ($0.job, $0.known == digest ? .same : .other(.success(response), digest)) })
            }
            if state.withLock({ $0.held?.append(answer) }) == nil { answer() }
        }
        func status(of requestID: String, from answer: Result<HTTPResponse, HTTPError>)
            async throws(CancellationError) -> StatusAnswer
        {
            state.withLock { $0.reads += 1 }
            let body = (try? answer.get())?.body ?? []
            return .known(RemoteStatus(word: String(decoding: body, as: UTF8.self)), queuePosition: nil)
        }
        func status(of requestID: String) async throws(CancellationError) -> StatusAnswer {
            .known(.inProgress, queuePosition: nil)
        }
        func submit(model: String, input: SentInput, ifStill mayLeave: (@Sendable () -> Bool)?) async
            -> SubmitAnswer
        { .unreachable("none") }
        func result(of requestID: String, model: String?) async throws(CancellationError) -> ResultAnswer {
            let facts = ResultFacts(cost: 0)
            return state.withLock { $0.cancels } > 0 ? .cancelled(facts) : .failed("no picture", facts)
        }
        func cancel(_ requestID: String) async throws(CancellationError) -> CancelAnswer {
            state.withLock { $0.cancels += 1 }
            return .cancelled
        }
    }

    /// Has a job that was bought followed, by looks without a pause.
    private func follow(
        deadline: Duration = .seconds(3600),
        _ body: (Service, JobStore, Dispatcher, Job) async throws -> Void
    ) async throws {
        let (service, store) = (Service(), try scratch.jobStore())
        let claimed = try await store.claimedJob()
        let job = try await store.write {
            try $0.record(.accepted(requestID: "r"), for: claimed.id, in: .submitting)
        }
        var configuration = Configuration()
        (configuration.pollMin, configuration.pollMax) = (.milliseconds(1), .milliseconds(1))
        configuration.deadline = deadline
        let client = try HTTPClient(userAgent: "test")
        let context = try scratch.context(service, configuration, client)
        let dispatcher = await Dispatcher(store: store, context: context, drains: false)
        async let ending = dispatcher.run()
        var failure: (any Error)?
        do { try await body(service, store, dispatcher, job) } catch { failure = error }
        await dispatcher.stop()
        _ = try await ending
        await client.shutdown()
        if let failure { throw failure }
    }

    private func end(of job: Job, in store: JobStore) async throws -> Job {
        try await eventually("the job ends") {
            try await store.read { try $0.find(job.id)?.state.hasEnded } == true
        }
        return try #require(try await store.read { try $0.find(job.id) })
    }

    @Test func `an answer is read only if it is not the last one`() async throws {
        try await follow { service, store, _, job in
            try await eventually("many looks") { service.state.withLock { $0.looks > 20 } }
            #expect(service.state.withLock { $0.reads } == 1)
            let (row, last) = try await store.read { (try $0.find(job.id), try $0.lastEventID()) }
            #expect(row?.remoteStatus == "in_progress")
            // Other words for the same: it is read, once, and nothing is written.
            service.state.withLock { ($0.word, $0.looks) = ("running", 0) }
            try await eventually("many looks") { service.state.withLock { $0.looks > 20 } }
            #expect(service.state.withLock { $0.reads } == 2)
            #expect(try await store.read { try $0.lastEventID() } == last)
            service.state.withLock { $0.word = "completed" }
            let ended = try await end(of: job, in: store)
            #expect(ended.message == "no picture")
            #expect(service.state.withLock { $0.reads } == 3)
        }
    }

    @Test func `the deadline is judged by an answer that is the last one`() async throws {
        try await follow(deadline: .seconds(2)) { service, store, _, job in
            let ended = try await end(of: job, in: store)
            #expect(ended.failureKind == .deadline)
            #expect(service.state.withLock { $0.reads } == 1)
        }
    }

    @Test func `a cancel reaches a job whose looks learn nothing`() async throws {
        try await follow { service, store, dispatcher, job in
            try await eventually("many looks") { service.state.withLock { $0.looks > 5 } }
            let directory = StateDirectory(path: scratch["state"], origin: .option)
            _ = try JobDatabase(directory, .write).steer(job.id, .cancel)
            dispatcher.wake()
            let ended = try await end(of: job, in: store)
            #expect(ended.state == .cancelled)
            #expect(service.state.withLock { $0.cancels } == 1)
        }
    }

    @Test func `a cancel during a look that learns nothing is taken up after it`() async throws {
        try await follow { service, store, dispatcher, job in
            try await eventually("looks") { service.state.withLock { $0.looks > 2 } }
            service.state.withLock { $0.held = [] }
            try await eventually("a look is under way") {
                service.state.withLock { $0.held?.isEmpty == false }
            }
            let directory = StateDirectory(path: scratch["state"], origin: .option)
            _ = try JobDatabase(directory, .write).steer(job.id, .cancel)
            // The second turn began after that.
            for _ in 1...2 { await dispatcher.comeRound() }
            for answer in service.state.withLock({ $0.held.take() }) ?? [] { answer() }
            #expect(try await end(of: job, in: store).state == .cancelled)
        }
    }

    @Test @WorkerActor func `what was asked with a former configuration is asked again`() async throws {
        let (service, client) = (Service(), try HTTPClient(userAgent: "test"))
        let context = try scratch.context(service, Configuration(), client)
        let looks = Looks()
        let look = [Look(job: 7, requestID: "r", known: nil)]
        let isTakenUp = { looks.takeAnswers().map { $0.answer != nil } }
        looks.send(look, context)
        #expect(isTakenUp() == [true])
        looks.send(look, context)
        looks.startAnew()
        #expect(isTakenUp() == [false])
        looks.send(look, context)
        let receivers = service.state.withLock { $0.receivers }
        #expect(receivers[0] === receivers[1] && receivers[0] !== receivers[2])
        receivers[0].receive([(7, .same)])
        #expect(isTakenUp() == [true, false])
        await client.shutdown()
    }

    @Test func `looks that are due at about the same time share a turn`() {
        #expect([991, 995, 1000, 1001].map(Looks.turn) == [1000, 1000, 1000, 1010])
    }
}
