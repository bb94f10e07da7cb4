import Configuration
import HTTP
import JobModel
import Policy
import Scratch
import Testing

@testable import Worker

/// What is found out before a job with references is sent.
@Suite @WorkerActor struct PreparationsTests {
    private let scratch = ScratchDirectory()

    @Test func `a setback is forgotten after an hour in which the job was not tried`() async throws {
        let client = try HTTPClient(userAgent: "test")
        var configuration = Configuration()
        (configuration.retryAttempts, configuration.retryPatience) = (2, .zero)
        let session = WorkerSession(
            try scratch.jobStore(), try scratch.context(SilentService(), configuration, client))
        let preparations = Preparations(session)
        // No host is allowed, and there is no file.
        let output = Output(jobID: 1, position: 1, kind: .image, url: "https://x.test/1")
        let preparation = Preparation(job: 2, files: [.output(output)], sources: [:])
        func run() async { await preparations.run(preparation) }

        await run()
        let due = try #require(preparations.nextTurn(after: session.now))
        #expect(preparations.busy(at: session.now) == [2])
        #expect(preparations.results(at: due + 3_600_000).isEmpty)
        await run()
        #expect(preparations.results(at: session.now).isEmpty)
        // The second in a row is the last one.
        await run()
        #expect(preparations.results(at: session.now)[2]?.fault != nil)
        await client.shutdown()
    }
}
