import Glibc
import HTTP
import Scratch
import ScriptedServer
import System
import Testing

/// jobd and jobctl end at each point of uploading outputs, of removing what was moved, of pruning objects,
/// and of a restore. Nothing is lost or bought twice, no half object is taken for a whole one, and no object
/// is left that nobody removes.
@Suite(.serialized) struct StorageCrashTests {
    private let server = StorageServer()

    private func simulated() async throws -> Stage {
        try await Stage.simulated("--queue", "0ms", "--run", "0ms", "--image-width", "48")
    }

    /// Points of a path with so many: all of them in a long run.
    private func points(_ count: Int, _ seed: inout SeededNumbers) -> [Int] {
        guard let most = Effort.points else { return Array(1...count) }
        let step = max(1, count / most)
        return Array(stride(from: Int.random(in: 1...step, using: &seed), through: count, by: step))
    }

    private func losses(_ number: Int) -> [Loss] {
        Effort.isLong ? Loss.allCases : [Loss.allCases[number % 3]]
    }

    private func count(_ trace: String) -> Int { FileOnDisk.content(trace).split(separator: "\n").count }

    /// Three pictures of two jobs, about to be bought.
    private func enqueued(_ service: Stage, _ ledger: LedgerReader, _ outputs: String) async throws -> Ordeal
    {
        let ordeal = Ordeal(service, ledger, storage: (server, outputs))
        try await ordeal.enqueue(0..<2)
        return ordeal
    }

    @Test(arguments: ["copy", "move"])
    func `every point between the first file and the last object can be the last`(outputs: String)
        async throws
    {
        let service = try await simulated()
        let ledger = LedgerReader(of: service)
        var seed = Effort.freshSeed()
        let clean = try await enqueued(service, ledger, outputs)
        let trace = clean.stage.scratch["trace"]
        _ = try await clean.drain(Orders(from: "rename:00000", trace: trace))
        try await clean.judge("without a crash")
        #expect(clean.ownObjects.count == 3)
        let last = count(trace)
        #expect(last > 30)
        var crashes = 0
        for number in points(last, &seed) {
            for loss in losses(number) {
                let moment = Orders.Moment.allCases[number / 3 % 3]
                let context = "\(outputs), \(loss.rawValue) \(moment) \(number), seed \(seed.seed)"
                let ordeal = try await enqueued(service, ledger, outputs)
                let orders = Orders(crashAt: (number, moment), from: "rename:00000")
                if try await ordeal.drain(orders) {
                    crashes += 1
                    loss.strike(ordeal, &seed)
                    try ordeal.expectNothingLost(context)
                    _ = try await ordeal.drain()
                }
                try await ordeal.judge(context)
                try await ordeal.resolveAll(context)
                ordeal.cutPower()
                try await ordeal.judge(context + ", cut at the end")
                #expect(ordeal.ownObjects.count == 3, "\(context)")
            }
        }
        Effort.say("uploads (\(outputs)): \(last) points, \(crashes) crashes, seed \(seed.seed)")
    }

    @Test func `a file that was removed just before the end stays removed`() async throws {
        let service = try await simulated()
        let ordeal = Ordeal(service, LedgerReader(of: service), storage: (server, "move"))
        // One file: the removal of another would sync the directory.
        try await ordeal.enqueue(0..<1)
        #expect(try await ordeal.drain(Orders(crashAt: (1, .after), from: "unlink:/000001-1.png")))
        _ = try await ordeal.drain()
        ordeal.cutPower()
        try await ordeal.judge("cut at the end")
    }

    // MARK: - In parts

    /// The storage ends jobd before it carries out a request, or after.
    @Test func `an upload in parts can end at each of its requests`() async throws {
        let service = BigFileService(bytes: 65 << 20)
        var seed = Effort.freshSeed()
        // Is it there; what is left of it; begin; three parts; complete; is it there.
        let requests = 8
        let all = (0..<2 * requests).map { (number: $0 / 2 + 1, isDone: $0 % 2 == 1) }
        for (number, isDone) in Effort.isLong ? all : Array(all.shuffled(using: &seed).prefix(4)) {
            let context = "request \(number), carried out: \(isDone), seed \(seed.seed)"
            let stage = Stage(url: service.server.url)
            let ordeal = Ordeal(stage, storage: (server, "move"))
            let program = try await ordeal.jobctl(["enqueue", "t/big", "text=x", "-q"])
            #expect(try await program.exitCode() == 0, "\(program.errors)")
            let jobd = try ordeal.jobd(drains: false)
            let (before, seen) = (service.downloads, Locked(0))
            server.order { _, _ in
                // Those that are about the file: at its start, jobd looks for what is left of uploads.
                guard service.downloads > before,
                    seen.withLock({
                        $0 += 1; return $0
                    }) == number
                else {
                    return nil
                }
                kill(jobd.pid, SIGKILL)
                return isDone ? .deaf : .cut
            }
            #expect(try await jobd.exitCode() == -SIGKILL, "\(jobd.errors): \(context)")
            server.order { _, _ in nil }
            try ordeal.expectNothingLost(context)
            _ = try await ordeal.drain()
            #expect(try ordeal.stage.jobCount("completed") == 1, "\(context)")
            try ordeal.expectNothingLost(context)
            try ordeal.expectSoundObjects(context)
            let isWhole = server.objects.contains { $0.hasPrefix(ordeal.name) && $1.bytes == service.file }
            #expect(isWhole, "\(context)")
            #expect(service.downloads == before + 1, "\(context)")
            for object in ordeal.ownObjects { server.remove(String(object.dropFirst("s3://bucket/".count))) }
        }
    }

    // MARK: - Pruning

    /// The same, completed.
    private func completed(_ service: Stage, _ ledger: LedgerReader, _ outputs: String) async throws -> Ordeal
    {
        let ordeal = try await enqueued(service, ledger, outputs)
        _ = try await ordeal.drain()
        return ordeal
    }

    private static let prune = ["prune", "--older-than", "0s", "--files", "--yes"]

    private func prune(_ ordeal: Ordeal, _ context: String) async throws {
        let program = try await ordeal.jobctl(Self.prune)
        #expect([0, 1].contains(try await program.exitCode()), "\(program.errors): \(context)")
        // It may have been pruned before.
        let left = try ordeal.stage.number("SELECT count(*) FROM outputs WHERE removed_at IS NULL")
        #expect(left == 0, "\(program.errors): \(context)")
    }

    /// Runs jobd until it crashes, or has removed the objects.
    private func removeObjects(_ ordeal: Ordeal, _ orders: Orders, _ context: String) async throws -> Bool {
        let jobd = try ordeal.jobd(orders, drains: false)
        defer { jobd.end() }
        try await eventually("the objects are removed: \(context)\n\(jobd.errors)") {
            try jobd.hasEnded || ordeal.stage.number("SELECT count(*) FROM removed_objects") == 0
        }
        return jobd.hasEnded
    }

    private func expectNothingLeft(_ ordeal: Ordeal, _ context: String) throws {
        #expect(ordeal.ownObjects == [], "\(context)")
        try ordeal.expectSoundStore(context)
    }

    @Test(arguments: ["copy", "move"])
    func `what was pruned is gone from both places, whenever jobctl ends`(outputs: String) async throws {
        let service = try await simulated()
        let ledger = LedgerReader(of: service)
        var seed = Effort.freshSeed()
        let clean = try await completed(service, ledger, outputs)
        let trace = clean.stage.scratch["trace"]
        _ = try await clean.jobctl(Self.prune, Orders(trace: trace))
        let last = count(trace)
        #expect(last > 10)
        for number in points(last, &seed) {
            for loss in losses(number) {
                let moment = Orders.Moment.allCases[number / 3 % 3]
                let context = "prune (\(outputs)), \(loss.rawValue) \(moment) \(number), seed \(seed.seed)"
                let ordeal = try await completed(service, ledger, outputs)
                _ = try await ordeal.jobctl(Self.prune, .crash(number, moment))
                loss.strike(ordeal, &seed)
                try ordeal.expectNothingLost(context)
                try await prune(ordeal, context)
                #expect(try await !removeObjects(ordeal, .none, context))
                try expectNothingLeft(ordeal, context)
            }
        }
        Effort.say("prune (\(outputs)): \(last) points, seed \(seed.seed)")
    }

    @Test func `the removal of objects can end at each of its points`() async throws {
        let service = try await simulated()
        let ledger = LedgerReader(of: service)
        var seed = Effort.freshSeed()
        func pruned() async throws -> Ordeal {
            let ordeal = try await completed(service, ledger, "move")
            try await prune(ordeal, "before")
            return ordeal
        }
        let clean = try await pruned()
        let trace = clean.stage.scratch["trace"]
        #expect(try await !removeObjects(clean, Orders(from: "connect:socket", trace: trace), "clean"))
        let last = count(trace)
        #expect(last > 10)
        for number in points(last, &seed) {
            for loss in losses(number) {
                let moment = Orders.Moment.allCases[number / 3 % 3]
                let context = "removal, \(loss.rawValue) \(moment) \(number), seed \(seed.seed)"
                let ordeal = try await pruned()
                let orders = Orders(crashAt: (number, moment), from: "connect:socket")
                _ = try await removeObjects(ordeal, orders, context)
                loss.strike(ordeal, &seed)
                #expect(try await !removeObjects(ordeal, .none, context))
                try expectNothingLeft(ordeal, context)
            }
        }
        Effort.say("removal of objects: \(last) points, seed \(seed.seed)")
    }

    // MARK: - Restoring

    /// A store whose files have left for the storage, and a copy from before that.
    private func moved(_ service: Stage, _ ledger: LedgerReader) async throws -> (Ordeal, copy: String) {
        let ordeal = try await enqueued(service, ledger, "move")
        server.order { _, _ in .answer(StorageServer.error("SlowDown", "503 Slow Down")) }
        let jobd = try ordeal.jobd(drains: false)
        try await eventually("all files wait: \(jobd.errors)") {
            try ordeal.stage.number("SELECT count(sha256) FROM outputs") == 3
        }
        jobd.end()
        server.order { _, _ in nil }
        let copy = ordeal.stage.scratch["copy.db"]
        let backup = try await ordeal.jobctl(["backup", copy])
        #expect(try await backup.exitCode() == 0, "\(backup.errors)")
        _ = try await ordeal.drain()
        #expect(try ordeal.stage.number("SELECT count(*) FROM outputs WHERE local = 'gone'") == 3)
        return (ordeal, copy)
    }

    @Test func `a restored store finds what has left for the storage since, and buys nothing`() async throws {
        let service = try await simulated()
        let ledger = LedgerReader(of: service)
        var seed = Effort.freshSeed()
        let (clean, copy) = try await moved(service, ledger)
        let trace = clean.stage.scratch["trace"]
        _ = try await clean.jobctl(["restore", copy], Orders(trace: trace))
        let last = count(trace)
        for number in points(last, &seed) {
            for loss in losses(number) {
                let moment = Orders.Moment.allCases[number / 3 % 3]
                let context = "restore, \(loss.rawValue) \(moment) \(number), seed \(seed.seed)"
                let (ordeal, copy) = try await moved(service, ledger)
                _ = try await ordeal.jobctl(["restore", copy], .crash(number, moment))
                loss.strike(ordeal, &seed)
                let again = try await ordeal.jobctl(["restore", copy])
                #expect(try await again.exitCode() == 0, "\(again.errors): \(context)")
                #expect(try ordeal.stage.jobCount("downloading") == 2, "\(context)")
                _ = try await ordeal.drain()
                for file in FileOnDisk.names(ordeal.stage.state) where file.contains(".replaced-") {
                    unlink(ordeal.stage.state + "/" + file)
                }
                try await ordeal.judge(context)
                #expect(ordeal.ownObjects.count == 3, "\(context)")
                #expect(try ordeal.stage.jobCount("completed") == 2, "\(context)")
            }
        }
        Effort.say("restore of moved outputs: \(last) points, seed \(seed.seed)")
    }
}

/// A service whose only output is one large picture.
private final class BigFileService: Sendable {
    let file: [UInt8]
    let server: ScriptedServer
    var downloads: Int { server.requests.count { $0.line.contains("/f/") } }

    init(bytes: Int) {
        // Comments of a GIF may be as long as one likes.
        let comment = [0x21, 0xFE, 255] + [UInt8](repeating: 0x20, count: 255) + [0]
        let head = Array("GIF89a\u{1}\0\u{1}\0\0\0\0".utf8)
        let end: [UInt8] = [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 1, 0, 0, 0x3B]
        let file = head + Array(repeating: comment, count: bytes / comment.count + 1).flatMap { $0 } + end
        self.file = file
        server = ScriptedServer(keepsBodies: false) { peer in
            while let request = peer.receive() {
                let host = "http://" + (request.headers["host"] ?? "")
                if request.line.contains("/f/") {
                    peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(file.count)\r\n\r\n")
                    peer.send(file)
                } else if request.line.contains("/result") {
                    peer.send(ScriptedServer.answer(#"{"status":"succeeded","output":["\#(host)/f/1.gif"]}"#))
                } else if request.line.contains("/status") {
                    peer.send(ScriptedServer.answer(#"{"status":"completed"}"#))
                } else {
                    peer.send(ScriptedServer.answer(#"{"request_id":"r-\#(UInt64.random(in: 0 ... .max))"}"#))
                }
            }
        }
    }
}
