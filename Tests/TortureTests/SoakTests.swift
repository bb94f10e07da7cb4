import Glibc
import Scratch
import Testing

/// Hours of work in one process: memory and descriptors stay what they were. `make soak` runs it.
@Suite(.enabled(if: Effort.soakMinutes != nil, "make soak runs it")) struct SoakTests {
    private struct Sample: CustomStringConvertible {
        let kilobytes: Int
        let descriptors: Int
        var description: String { "\(kilobytes) kB, \(descriptors) descriptors" }

        init(of pid: pid_t) throws {
            kilobytes = try #require(Program.memory("VmRSS", of: pid))
            descriptors = FileOnDisk.names("/proc/\(pid)/fd").count
        }
    }

    @Test func `memory and descriptors stay flat`() async throws {
        let service = Stage()
        let faults = Torture.faults.flatMap { ["--fault", $0] }
        try await service.simulate(
            ["--queue", "20ms", "--run", "40ms", "--jitter", "0.9", "--image-width", "48"] + faults)
        let ordeal = Ordeal(service)
        let jobd = try ordeal.jobd(settings: ["log_level=error"], drains: false)
        try await eventually("it runs") { FileOnDisk(ordeal.stage.state + "/wake") != nil }
        let end = ContinuousClock.now + .seconds(60 * (Effort.soakMinutes ?? 1))
        var samples: [Sample] = []
        var jobs = 0
        while ContinuousClock.now < end {
            try await ordeal.enqueue(jobs..<jobs + 40)
            jobs += 40
            try await eventually("a round is over") {
                let open = "state NOT IN ('completed', 'failed', 'uncertain')"
                return try ordeal.stage.jobCount(where: "\(open)") == 0
            }
            samples.append(try Sample(of: jobd.pid))
        }
        let part = max(1, samples.count / 4)
        let early = samples.dropFirst(part).prefix(part)
        let late = samples.suffix(part)
        let memory = (early.map(\.kilobytes).max() ?? 0, late.map(\.kilobytes).max() ?? 0)
        let handles = (early.map(\.descriptors).max() ?? 0, late.map(\.descriptors).max() ?? 0)
        Effort.say(
            "soak: \(jobs) jobs, \(samples.count) rounds; memory \(memory.0) kB early, \(memory.1) kB late; "
                + "descriptors \(handles.0) early, \(handles.1) late")
        #expect(memory.1 <= memory.0 + memory.0 / 8, "\(samples)")
        #expect(handles.1 <= handles.0 + 8, "\(samples)")
        #expect(try await jobd.exitCode(after: SIGTERM) == 0, "\(jobd.errors)")
        try await service.setFaults([])
        try await ordeal.judge("after the soak")
    }
}
