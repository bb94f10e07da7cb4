import Glibc
import SQL
import Scratch
import Testing

/// jobd begins, reads its configuration anew and stops, again and again beside two busy writers. No signal
/// ends it.
@Suite(.serialized) struct StartTests {
    private static let rounds = Effort.isLong ? 1000 : 20

    /// Runs `body` while two other programs write as fast as they can. They are processes: what waits for a
    /// lock in this one would hold up the other tests.
    private func besideWriters(_ body: (Stage) async throws -> Void) async throws {
        let stage = Stage()
        for _ in 1...2 { try await stage.enqueue("waits", "--hold") }
        let writers = try (1...2).map { id in
            let line = """
                yes "UPDATE jobs SET label = 'written' WHERE id = \(id);" | nice setpriv --pdeathsig KILL \
                sqlite3 -cmd '.timeout 600000' -cmd 'PRAGMA wal_autocheckpoint = 0' \(stage.database)
                """
            return try stage.start(["-c", line], program: "sh")
        }
        try await eventually("both write") { try stage.jobCount(where: "label = 'written'") == 2 }
        try await body(stage)
        #expect(writers.allSatisfy { !$0.hasEnded })
    }

    /// Whether the process has a handler of its own for the signal.
    private func catches(_ number: Int32, _ jobd: Program) -> Bool {
        let status = FileOnDisk.text("/proc/\(jobd.pid)/status") ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }?.dropFirst(7)
        let mask = UInt64(line?.drop { $0 == "\t" } ?? "", radix: 16) ?? 0
        return mask & 1 << UInt64(number - 1) != 0
    }

    private func runs(_ jobd: Program) async throws {
        try await eventually("it runs") { jobd.hasEnded || jobd.errors.contains("runs on") }
    }

    @Test func `a start beside busy writers is a start`() async throws {
        try await besideWriters { stage in
            for round in 1...Self.rounds {
                let jobd = try stage.jobd()
                try await runs(jobd)
                // The first commits of others are noticed in these moments.
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...40)))
                #expect(!jobd.hasEnded, "start \(round): \(jobd.errors)")
                #expect(try await jobd.exitCode(after: SIGTERM) == 0, "start \(round): \(jobd.errors)")
            }
        }
        Effort.say("\(Self.rounds) starts beside two writers: none ended by a signal")
    }

    @Test func `a stop in any moment is a stop`() async throws {
        try await besideWriters { stage in
            for round in 1...Self.rounds {
                let jobd = try stage.jobd()
                try await eventually("SIGTERM is heard") { jobd.hasEnded || catches(SIGTERM, jobd) }
                try await Task.sleep(for: .microseconds(Int.random(in: 0...60_000)))
                jobd.signal(round % 2 == 0 ? SIGTERM : SIGINT)
                #expect(try await jobd.exitCode() == 0, "stop \(round): \(jobd.errors)")
            }
        }
        Effort.say("\(Self.rounds) stops at any moment beside two writers: none ended by a signal")
    }

    @Test func `a reload in any moment is a reload`() async throws {
        try await besideWriters { stage in
            var reloads = 0
            while reloads < Self.rounds {
                let jobd = try stage.jobd()
                try await runs(jobd)
                for _ in 1...10 {
                    jobd.signal(SIGHUP)
                    reloads += 1
                    try await Task.sleep(for: .microseconds(Int.random(in: 0...20_000)))
                }
                try await eventually("it was read again") {
                    jobd.hasEnded || jobd.errors.contains("was read again")
                }
                #expect(try await jobd.exitCode(after: SIGTERM) == 0, "reload \(reloads): \(jobd.errors)")
            }
        }
        Effort.say("\(Self.rounds) reloads beside two writers: none ended by a signal")
    }
}
