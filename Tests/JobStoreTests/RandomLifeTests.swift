import JobModel
import SQL
import Scratch
import Testing

@testable import JobStore

/// Seeded walks through everything that can happen: what the model allows, the schema takes.
@Suite struct RandomLifeTests {
    private static func event(_ numbers: inout SeededNumbers, step: Int) -> JobEvent {
        let failure = FailureKind.allCases[Int.random(in: 0..<6, using: &numbers)]
        let all: [JobEvent] = [
            .held, .released, .cancelRequested, .retried(resubmit: false), .retried(resubmit: true),
            .refetched,
            .resolved(.resubmit), .resolved(.abandon), .resolved(.adopt(requestID: "adopted-\(step)")),
            .submitting(priceUSD: 0.5), .submitting(priceUSD: nil), .accepted(requestID: "r-\(step)"),
            .notBought(reason: "503", tryAgainAt: nil),
            .notBought(reason: "429", tryAgainAt: Timestamp(milliseconds: Int64(step) * 1000)),
            .refused(message: "no"), .unanswered(reason: "cut"), .daemonRestarted,
            .observed(.init(isRunning: false, word: "in_queue", queuePosition: Int64(step % 7))),
            .observed(.init(isRunning: true, word: "in_progress")),
            .succeeded(finishedAt: nil, costUSD: 0.25),
            .succeeded(finishedAt: Timestamp(milliseconds: 5), costUSD: nil), .cancelledRemotely(), .fetched,
            .failed(JobFailure(failure, "why")), .failed(JobFailure(failure, "")),
        ]
        return all[Int.random(in: 0..<all.count, using: &numbers)]
    }

    @Test(arguments: UInt64(1)...8)
    func `whatever happens to a job can be stored, and reads back as it was`(seed: UInt64) throws {
        var numbers = SeededNumbers(seed)
        let store = ScratchStore()
        let database = try store.open()
        var reached: Set<JobState> = []
        try database.transaction {
            for life in 0..<20 {
                var new = NewJob(model: "m", input: "{}")
                if life % 2 == 0 { new.notBefore = Timestamp(milliseconds: 1_900_000_000_000) }
                new.isHeld = life % 3 == 0
                var job = try #require(try database.find(database.insert(new).id))
                for step in 0..<120 {
                    let event = Self.event(&numbers, step: life * 1000 + step)
                    let before = try database.count("events")
                    guard let next = job.state(after: event) else {
                        #expect(throws: StaleJob.self) {
                            try database.record(event, for: job.id, in: job.state)
                        }
                        #expect(try database.count("events") == before)
                        continue
                    }
                    job = try database.record(event, for: job.id, in: job.state)
                    reached.insert(next)
                    #expect(job.state == next)
                    #expect(try database.find(job.id) == job, "\(event)")
                    #expect(try database.count("events") > before)
                    let charges = try database.connection.first(
                        "SELECT count(*) FROM charges WHERE job_id = ?1 AND submission > 0", job.id
                    ) { $0.integer(0) }
                    #expect(charges == job.submissions + (job.state == .submitting ? 1 : 0), "\(event)")
                }
            }
        }
        #expect(reached == Set(JobState.allCases))
    }
}
