import Glibc
import JSON
import SQL
import Scratch
import Testing

/// What happens to a machine: full and read-only disks, a wrong clock, no descriptors, other programs, lost
/// directories.
@Suite(.serialized) struct MachineStateTests {
    private static let slow = ["--queue", "300ms", "--run", "300ms", "--image-width", "48"]

    private func ordeal(_ options: [String] = slow) async throws -> Ordeal {
        let service = Stage()
        try await service.simulate(options)
        return Ordeal(service)
    }

    private func finish(_ ordeal: Ordeal, _ jobd: Program, _ context: String) async throws {
        try await ordeal.waitForTheEnd(of: jobd, context)
        #expect(try await jobd.exitCode(after: SIGTERM) == 0, "\(jobd.errors)")
        try await ordeal.judge(context)
    }

    /// A disk of its own in memory; nil, and a word about it, where this machine does not permit that.
    private func mount(_ path: String, size: String) -> Bool {
        mkdir(path, 0o700)
        let options = "size=\(size),mode=700"
        let mounted = Program.run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path)
        if mounted.code != 0 { print("torture: skipped, no mount here: \(mounted.errors)") }
        return mounted.code == 0
    }

    @Test func `an output directory that turns read only is waited for`() async throws {
        let ordeal = try await ordeal()
        try await ordeal.enqueue(0..<4)
        let outputs = ordeal.stage.state + "/outputs"
        guard mount(outputs, size: "32m") else { return }
        defer { Program.run("umount", "-l", outputs) }
        Program.run("mount", "-o", "remount,ro", outputs)
        let jobd = try ordeal.jobd(drains: false)
        try await jobd.says("Read-only")
        #expect(!jobd.hasEnded)
        Program.run("mount", "-o", "remount,rw", outputs)
        try await finish(ordeal, jobd, "a read-only directory")
    }

    @Test func `without descriptors it waits for some`() async throws {
        let ordeal = try await ordeal()
        try await ordeal.enqueue(0..<2)
        let jobd = try ordeal.jobd(drains: false)
        try await eventually("one is sent") { try ordeal.stage.jobCount(where: "request_id IS NOT NULL") > 0 }
        // What is open stays; nothing can be opened.
        let tight = Program.run("prlimit", "--pid", "\(jobd.pid)", "--nofile=8:4096")
        #expect(tight.code == 0, "\(tight.errors)")
        try await ordeal.enqueue(2..<10)
        try await jobd.says("warning:")
        #expect(!jobd.hasEnded)
        Program.run("prlimit", "--pid", "\(jobd.pid)", "--nofile=4096:4096")
        try await finish(ordeal, jobd, "no descriptors")
        try await ordeal.resolveAll("no descriptors")
    }

    @Test func `a clock that is set back and forth harms no job`() async throws {
        let ordeal = try await ordeal()
        let clock = clock(of: ordeal)
        try await ordeal.enqueue(0..<4)
        let jobd = try ordeal.jobd(Orders(clock: clock.path), drains: false)
        for (step, days) in [Int64(3), -3, 4000, -4000, 0].enumerated() {
            let before = step * 2 + 4
            try await eventually("some are sent") {
                try ordeal.stage.jobCount(where: "request_id IS NOT NULL") > 0
            }
            clock.set(days * 24)
            try await ordeal.enqueue(before..<before + 2)
            try await eventually("all of that time are sent: \(jobd.errors)") {
                try ordeal.stage.jobCount("queued") == 0
            }
        }
        try await finish(ordeal, jobd, "a wrong clock")
        #expect(try ordeal.stage.jobCount("completed") == 14)
    }

    /// A file that tells a jobd how wrong its wall clock is, at any time.
    private func clock(of ordeal: Ordeal) -> (path: String, set: (_ hours: Int64) -> Void) {
        let path = ordeal.stage.scratch["clock"]
        FileOnDisk.write([UInt8](repeating: 0, count: 8), to: path)
        return (
            path,
            { hours in
                // In its place, since jobd has the file in its memory.
                let file = open(path, O_WRONLY)
                var nanoseconds = hours * 3_600_000_000_000
                #expect(pwrite(file, &nanoseconds, 8, 0) == 8)
                close(file)
            }
        )
    }

    @Test func `a clock that is set back delays no retry`() async throws {
        let ordeal = try await ordeal(Self.slow + ["--fault", "submit:html-413;times=1"])
        let clock = clock(of: ordeal)
        try await ordeal.enqueue(0..<4)
        let jobd = try ordeal.jobd(
            Orders(clock: clock.path), settings: ["retry.min=2s", "retry.max=4s"], drains: false)
        try await eventually("a retry is waited for") {
            try ordeal.stage.jobCount(where: "next_try_at IS NOT NULL") > 0
        }
        clock.set(-72)
        try await finish(ordeal, jobd, "a clock that was set back")
        #expect(try ordeal.stage.jobCount("completed") == 4)
    }

    @Test func `a clock that is set forward makes what is scheduled due`() async throws {
        let ordeal = try await ordeal()
        let clock = clock(of: ordeal)
        try await ordeal.enqueue(0..<1)
        let jobd = try ordeal.jobd(Orders(clock: clock.path), settings: ["retry.max=1s"], drains: false)
        try await eventually("the first is sent") {
            try ordeal.stage.jobCount(where: "request_id IS NOT NULL") == 1
        }
        let later = try await ordeal.jobctl(["enqueue", "--batch", ordeal.batch(1..<2), "--not-before", "3h"])
        #expect(try await later.exitCode() == 0, "\(later.errors)")
        try await jobd.says("completed")
        clock.set(4)
        try await eventually("it is sent: \(jobd.errors)") { try ordeal.stage.jobCount("completed") == 2 }
    }

    @Test func `a database that somebody locks delays and loses nothing`() async throws {
        let ordeal = try await ordeal()
        try await ordeal.enqueue(0..<4)
        let jobd = try ordeal.jobd(drains: false)
        try await eventually("all are sent") {
            try ordeal.stage.jobCount(where: "request_id IS NOT NULL") == 4
        }
        let other = try ordeal.stage.connection()
        try other.execute("BEGIN IMMEDIATE")
        // A jobctl that comes meanwhile waits; what jobd knows waits with it.
        let waiting = try ordeal.start(["enqueue", "--batch", ordeal.batch(4..<6), "-q"])
        try await eventually("they have ended over there") {
            try await ordeal.service.ledger().first?["ended"]?.integer == 4
        }
        try await Task.sleep(for: .milliseconds(500))
        try other.execute("ROLLBACK")
        #expect(try await waiting.exitCode() == 0, "\(waiting.errors)")
        try await finish(ordeal, jobd, "a locked database")
        #expect(try ordeal.stage.jobCount("completed") == 6)
    }

    @Test func `an output directory that is deleted is made anew`() async throws {
        // Slow enough that none is done before the directory goes: it would go with it.
        let ordeal = try await ordeal(Self.slow + ["--fault", "file:drip=300"])
        try await ordeal.enqueue(0..<2)
        let jobd = try ordeal.jobd(drains: false)
        try await eventually("bytes come") {
            Disk.files(ordeal.stage.state + "/outputs").contains { $0.hasSuffix(".part") }
        }
        Program.run("rm", "-rf", ordeal.stage.state + "/outputs")
        try await ordeal.service.setFaults()
        try await eventually("all is done: \(jobd.errors)") { try ordeal.stage.jobCount("completed") == 2 }
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        try await ordeal.judge("a deleted directory")
    }

    @Test func `a name that cannot be resolved costs nothing`() async throws {
        let ordeal = try await ordeal()
        try await ordeal.enqueue(0..<4)
        let jobd = try ordeal.jobd(drains: false, at: "https://nowhere.invalid")
        try await eventually("it is paused: \(jobd.errors)") {
            try ordeal.stage.texts("SELECT reason FROM pauses") == ["outage"]
        }
        #expect(try await jobd.exitCode(after: SIGTERM) == 0, "\(jobd.errors)")
        #expect(try ordeal.stage.number("SELECT sum(submissions) FROM jobs") == 0)
        _ = try await ordeal.drain()
        try await ordeal.judge("no name service")
        #expect(try ordeal.stage.jobCount("completed") == 4)
    }

    @Test(arguments: [(0x6969, "NFS"), (0x6573_5546, "FUSE")])
    func `a state directory on a network is warned of`(kind: UInt32, name: String) async throws {
        let ordeal = try await ordeal()
        try await ordeal.enqueue(0..<1)
        let orders = Orders(fileSystem: kind)
        let jobd = try ordeal.jobd(orders)
        #expect(try await jobd.exitCode() == 0, "\(jobd.errors)")
        #expect(
            jobd.errors.contains("is on \(name)") || jobd.errors.contains("is on a \(name)"), "\(jobd.errors)"
        )
        let doctor = try await ordeal.jobctl(["doctor"], orders)
        _ = try await doctor.exitCode()
        #expect(doctor.output.contains("the state directory is on"), "\(doctor.output)")
        let local = try ordeal.jobd()
        #expect(try await local.exitCode() == 0)
        #expect(!local.errors.contains("the state directory is on"))
    }

    @Test func `a service that goes and comes back finds every job where it was`() async throws {
        let ordeal = try await ordeal(Self.slow + ["--fault", "file:drip=200k"])
        try await ordeal.enqueue(0..<4)
        let jobd = try ordeal.jobd(drains: false)
        for state in ["in_queue", "in_progress", "downloading"] {
            try await eventually("one is \(state)") {
                try ordeal.stage.jobCount(where: "state IN ('\(state)', 'downloading', 'completed')") > 0
            }
            ordeal.service.simulator?.signal(SIGKILL)
            try await Task.sleep(for: .milliseconds(300))
            try await ordeal.service.simulate(Self.slow + ["--fault", "file:drip=200k"])
        }
        try await finish(ordeal, jobd, "a service that was away")
        try await ordeal.resolveAll("a service that was away")
    }

    @Test func `a crowd of programs beside a jobd that is killed loses nothing`() async throws {
        let ordeal = try await ordeal(["--queue", "0ms", "--run", "0ms", "--image-width", "48"])
        try await ordeal.enqueue(0..<1)
        var seed = Effort.freshSeed()
        let batches = (0..<8).map { number in ordeal.batch(1 + number * 3..<4 + number * 3) }
        let crowd = try batches.map { try ordeal.start(["enqueue", "--batch", $0, "-q"]) }
        var jobd = try ordeal.jobd(drains: false)
        for _ in 0..<3 {
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...150, using: &seed)))
            _ = try await jobd.exitCode(after: SIGKILL)
            jobd = try ordeal.jobd(drains: false)
        }
        var answered: [Int64] = []
        for program in crowd {
            #expect(try await program.exitCode() == 0, "\(program.errors)")
            answered += program.output.split(separator: "\n").compactMap { Int64($0) }
        }
        #expect(Set(answered).count == 24)
        try await finish(ordeal, jobd, "a crowd, seed \(seed.seed)")
        #expect(try ordeal.stage.jobCount() == 25)
        try await ordeal.resolveAll("a crowd, seed \(seed.seed)")
    }

    @Test func `a stop at the very start is heard`() async throws {
        let ordeal = Ordeal(Stage())
        // The moment before the signals are watched lasts half a second.
        let jobd = try ordeal.jobd(Orders(failures: ["signal:-1500:1:\(SIGTERM)"]), drains: false)
        try await jobd.says("runs on")
        jobd.signal(SIGTERM)
        let code = try await jobd.exitCode()
        #expect(code == 0 || code == -SIGTERM, "\(jobd.errors)")
    }

    @Test(arguments: ["submitting", "in_queue", "in_progress", "downloading"])
    func `every signal in every state and twice loses nothing`(state: String) async throws {
        let ordeal = try await ordeal(
            Self.slow + ["--fault", "submit:delay=200ms", "--fault", "file:drip=1000k"])
        let all = [[SIGHUP], [SIGINT, SIGTERM], [SIGINT], [SIGTERM, SIGHUP], [SIGTERM, SIGTERM]]
        let signals = Effort.isLong ? all : Array(all.prefix(2))
        for (round, words) in signals.enumerated() {
            try await ordeal.enqueue(round * 2..<round * 2 + 2)
            let jobd = try ordeal.jobd(drains: false)
            try await eventually("one is \(state): \(jobd.errors)") {
                try ordeal.stage.number(
                    """
                    SELECT count(*) FROM jobs WHERE id > \(round * 2)
                        AND state IN ('\(state)', 'uncertain', 'downloading', 'completed')
                    """) > 0
            }
            for word in words { jobd.signal(word) }
            if words == [SIGHUP] { jobd.signal(SIGTERM) }
            let code = try await jobd.exitCode()
            #expect(code == 0 || (words.count == 2 && code == 130), "\(code) \(words) \(jobd.errors)")
            try ordeal.expectFewInDoubt("\(words) in \(state)")
        }
        _ = try await ordeal.drain()
        try await ordeal.judge("signals in \(state)")
        try await ordeal.resolveAll("signals in \(state)")
    }
}
