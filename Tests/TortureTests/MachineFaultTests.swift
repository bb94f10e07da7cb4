import Glibc
import SQL
import Scratch
import Testing

/// One call after the other fails, or all of a kind for a while. Nothing is lost, nothing is bought twice,
/// and what was in the way is gone once it is gone.
@Suite(.serialized) struct MachineFaultTests {
    private static func service(_ more: String...) async throws -> Stage {
        let stage = Stage()
        try await stage.simulate(["--queue", "0ms", "--run", "0ms", "--image-width", "48"] + more)
        return stage
    }

    /// A kind of call, what it fails with, and how many such calls are tried in a quick run.
    static let oneShots: [(call: String, error: Int32)] = [
        ("sync", EIO), ("write", EIO), ("write", ENOSPC), ("open", EMFILE), ("truncate", EIO),
        ("rename", EIO), ("unlink", EIO), ("mkdir", ENOSPC), ("connect", ENETUNREACH), ("send", ECONNRESET),
    ]

    @Test(arguments: oneShots.indices)
    func `jobd outlives any one call that fails`(index: Int) async throws {
        let (call, error) = Self.oneShots[index]
        let service = try await Self.service()
        let ledger = LedgerReader(of: service)
        var seed = Effort.freshSeed()
        let clean = Ordeal(service, ledger)
        try await clean.enqueue(0..<4)
        let trace = clean.stage.scratch["trace"]
        _ = try await clean.drain(Orders(trace: trace))
        let calls = FileOnDisk.content(trace).split(separator: "\n").count {
            $0.split(separator: " ").dropFirst().first == Substring(call)
        }
        #expect(calls > 0)
        let all = Array(1...calls)
        let chosen = Effort.isLong ? all : Array(all.shuffled(using: &seed).prefix(1))
        for number in chosen.sorted() {
            let context = "\(call) \(number) of \(calls) fails with \(error), seed \(seed.seed)"
            let ordeal = Ordeal(service, ledger)
            try await ordeal.enqueue(0..<4)
            // A start that meets the fault may refuse; nothing else may end it.
            let first = try ordeal.jobd(Orders(failures: ["\(call):\(error):\(number):"]))
            let code = try await first.exitCode()
            if code != 0 {
                #expect([69, 74].contains(code), "\(code) \(first.errors): \(context)")
                #expect(!first.errors.contains("runs on"), "\(first.errors): \(context)")
            }
            _ = try await ordeal.drain()
            try await ordeal.judge(context)
            try await ordeal.resolveAll(context)
        }
        Effort.say("\(call) fails once with \(error): \(chosen.count) of \(calls) calls, seed \(seed.seed)")
    }

    @Test(arguments: oneShots.indices)
    func `what jobctl answers for is on disk, whichever of its calls fails`(index: Int) async throws {
        let (call, error) = Self.oneShots[index]
        let service = Stage()
        var failed = 0
        // A write is like the next; the few others are all tried.
        for number in stride(from: 1, to: .max, by: Effort.isLong || call != "write" ? 1 : 12) {
            let context = "\(call) \(number) fails with \(error)"
            let ordeal = Ordeal(service)
            let words = ["enqueue", "--batch", ordeal.batch(0..<3, keyed: true), "-q"]
            let trace = ordeal.stage.scratch["trace"]
            let program = try await ordeal.jobctl(
                words, Orders(failures: ["\(call):\(error):\(number):"], trace: trace))
            let code = try await program.exitCode()
            let calls = FileOnDisk.content(trace).split(separator: "\n").count {
                $0.split(separator: " ").dropFirst().first == Substring(call)
            }
            if calls < number { break }
            failed += 1
            // The call may be one that does not matter, such as the end of a journal.
            #expect([0, 69, 74].contains(code), "\(code) \(program.errors): \(context)")
            ordeal.cutPower()
            if code == 0 {
                try #require(FileOnDisk(ordeal.stage.state + "/jobs.db") != nil, "\(context)")
                #expect(try ordeal.stage.jobCount() == 3, "\(context)")
            } else {
                #expect(program.output.isEmpty, "\(context)")
            }
            let again = try await ordeal.jobctl(words)
            #expect(try await again.exitCode() == 0, "\(again.errors): \(context)")
            #expect(
                try ordeal.stage.texts("SELECT id FROM jobs ORDER BY id") == ["1", "2", "3"], "\(context)")
            try ordeal.expectSoundStore(context)
        }
        Effort.say("jobctl enqueue, \(call) fails with \(error): \(failed) calls")
    }

    /// Calls that all fail for a while, on paths with a word.
    static let siege: [(failures: [String], word: String)] = [
        (["sync:5:0:outputs"], "a sync of outputs"), (["write:28:0:outputs"], "a full disk of outputs"),
        (["sync:5:0:jobs.db"], "a sync of the database"),
        (["write:28:0:jobs.db"], "a full disk of the database"),
        (["write:5:0:jobs.db"], "an I/O error of the database"),
        (["open:30:0:outputs", "mkdir:30:0:outputs", "rename:30:0:outputs"], "a read-only output directory"),
        (["connect:101:0:socket"], "no network"), (["send:32:0:socket"], "a network that takes nothing"),
        (["open:24:0:outputs"], "no file descriptors"), (["rename:5:0:outputs"], "no renaming"),
    ]

    @Test(arguments: siege.indices)
    func `what lasts for a while is outlived without a restart`(index: Int) async throws {
        let (failures, word) = Self.siege[index]
        let service = try await Self.service("--queue", "200ms", "--run", "200ms")
        let ordeal = Ordeal(service)
        try await ordeal.enqueue(0..<4)
        let flag = ordeal.stage.scratch["flag"]
        let jobd = try ordeal.jobd(Orders(failures: failures, onlyWhile: flag), drains: false)
        try await eventually("two are sent") {
            try ordeal.stage.jobCount(where: "request_id IS NOT NULL") >= 2
        }
        FileOnDisk.write("", to: flag)
        let said = jobd.errors.count
        try await ordeal.enqueue(4..<8)
        try await eventually("it has met \(word)") {
            let new = jobd.errors.dropFirst(said)
            return new.contains("error:") || new.contains("warning:")
        }
        #expect(!jobd.hasEnded)
        unlink(flag)
        try await ordeal.waitForTheEnd(of: jobd, word)
        #expect(try await jobd.exitCode(after: SIGTERM) == 0, "\(jobd.errors)")
        try await ordeal.judge(word)
        try await ordeal.resolveAll(word)
    }
}
