import JobModel
import JobStore

@testable import ControlCommands

/// Jobs and pictures for tests.
enum Samples {
    static let now = Timestamp(milliseconds: 1_767_225_600_000)

    static func job(_ id: Int64, _ state: JobState, model: String = "vendor/model", seconds: Int64 = 12)
        -> Job
    {
        var job = Job(id: id, state: state, model: model, input: "{}", createdAt: now + .seconds(-60))
        if ![.held, .queued, .cancelled].contains(state) { job.submittedAt = now + .seconds(-seconds) }
        if state.hasEnded { (job.finishedAt, job.endedAt) = (now + .seconds(-4), now + .seconds(-3)) }
        return job
    }

    static func facts(_ job: Job, prompt: String? = "a red fox", outputs: [Output] = []) -> WatchFacts {
        WatchFacts(job: job, prompt: prompt, outputs: outputs)
    }

    static func file(_ job: Int64, _ position: Int64, fetched: Int64, of bytes: Int64?) -> Output {
        var output = Output(jobID: job, position: position, kind: .image, url: "https://x.test/\(position)")
        (output.fetched, output.bytes) = (fetched, bytes)
        if fetched == bytes { output.state = .done }
        return output
    }

    /// So many jobs in each of these states, their ids counted on; what has ended comes last.
    static func snapshot(_ counts: KeyValuePairs<JobState, Int64>) -> WatchSnapshot {
        var snapshot = WatchSnapshot(now: now, directory: "/var/lib/jobd")
        snapshot.facts.daemons.own = StateLock.Holder(name: "jobd", processID: 7)
        var next: Int64 = 1
        for (state, count) in counts {
            let ids = Array(next..<next + count)
            next += count
            if state.hasEnded {
                snapshot.ends += ids.map { .init(id: $0, state: state) }
                snapshot.endedCounts[state] = count
            } else {
                snapshot.groups.append(.init(state: state, ids: ids, count: count))
                snapshot.facts.counts[state] = count
            }
        }
        return snapshot
    }

    static func facts(of snapshot: WatchSnapshot, prompt: String = "a red fox") -> [Int64: WatchFacts] {
        var facts: [Int64: WatchFacts] = [:]
        for group in snapshot.groups {
            for id in group.ids { facts[id] = Self.facts(job(id, group.state), prompt: prompt) }
        }
        for end in snapshot.ends { facts[end.id] = Self.facts(job(end.id, end.state), prompt: prompt) }
        return facts
    }
}
