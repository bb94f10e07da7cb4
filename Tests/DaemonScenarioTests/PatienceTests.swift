import Glibc
import JSON
import Scratch
import ScriptedServer
import System
import Testing

/// What was paid for is fetched, for as long as it takes, and one file's trouble is not another's.
@Suite(.serialized) struct PatienceTests {
    private static let large = Picture.gif(of: 300_000)

    /// A stage with this service, and so many jobs of the model.
    private static func stage(_ service: FileService, _ model: String, _ count: Int = 1) async throws -> Stage
    {
        let stage = Stage(url: service.server.url)
        try await order(stage, model, count)
        return stage
    }

    private static func order(_ stage: Stage, _ model: String, _ count: Int) async throws {
        for _ in 0..<count {
            let answer = try await stage.jobctl("enqueue", model, "text=x", "-q")
            try #require(answer.code == 0, "\(answer)")
        }
    }

    // MARK: - Files that drip

    @Test(arguments: [1, 8])
    func `files that drip give their slots to others, and arrive whole in the end`(places: Int) async throws {
        let isHealed = Locked(false)
        let service = FileService { call, peer in
            if call.name == "quick" || isHealed.withLock({ $0 }) { return call.send(Self.large, to: peer) }
            peer.send(call.head(Self.large) + "\r\n")
            return call.drip(Self.large[(call.offset ?? 0)...], to: peer) { isHealed.withLock { $0 } }
        }
        let stage = try await Self.stage(service, "t/slow-1", places)
        try stage.jobd("download.parallel=\(places)", "timeout.answer=1s")
        try await eventually("all drip") { service.calls("slow").count >= places }
        try await Self.order(stage, "t/quick-1", 20)
        try await eventually("the others are here") { try stage.jobCount("completed") == 20 }
        #expect(try stage.jobCount("downloading") == Int64(places))
        // The trouble is reported, and counts against none of them.
        #expect(
            try stage.texts("SELECT detail FROM events WHERE kind = 'fault'").contains { $0.contains("kB/s") }
        )
        #expect(try stage.number("SELECT max(attempts) FROM outputs") == 0)
        isHealed.withLock { $0 = true }
        try await stage.waitUntilAllAre("completed")
        // They were continued.
        #expect(service.calls("slow").contains { ($0.offset ?? 0) > 0 })
    }

    @Test func `a file that cannot be continued is given more time each time`() async throws {
        // About 2 s at 50 ms a byte, no way to resume, and another download always waits. One slot of two
        // may be kept long.
        let file = Picture.gif(of: 40)
        let service = FileService { call, peer in
            let length = "HTTP/1.1 200 OK\r\nContent-Length: \(file.count)\r\n\r\n"
            peer.send(length)
            return call.drip(file, to: peer)
        }
        let stage = try await Self.stage(service, "t/slow-1", 4)
        try await stage.drain("download.parallel=2", "timeout.answer=500ms")
        #expect(try stage.jobCount("completed") == 4)
    }

    // MARK: - Bad answers

    private static func bad(_ status: String, _ peer: Peer) -> Bool {
        peer.send(
            ScriptedServer.answer("<html>no</html>", status: status, headers: "Content-Type: text/html\r\n"))
        return true
    }

    @Test(arguments: ["403 Forbidden", "404 Gone", "200 OK"])
    func `a bad answer is borne for retry.patience`(status: String) async throws {
        let service = FileService { call, peer in
            call.before < 12 ? Self.bad(status, peer) : call.send(Picture.gif, to: peer)
        }
        let stage = try await Self.stage(service, "t/bad-1")
        try await stage.drain("retry.attempts=2")
        #expect(try stage.state(of: 1) == "completed")
    }

    @Test func `each output is judged on its own`() async throws {
        let service = FileService { call, peer in
            call.path.hasSuffix("2") ? Self.bad("403 Forbidden", peer) : call.send(Picture.gif, to: peer)
        }
        let stage = try await Self.stage(service, "t/both-3")
        try await stage.drain("retry.attempts=3", "retry.patience=0s")
        #expect(try stage.state(of: 1) == "failed")
        #expect(try stage.texts("SELECT state FROM outputs ORDER BY position") == ["done", "failed", "done"])
        #expect(service.calls("both").count == 5)
    }

    @Test func `bytes that were kept restart the count`() async throws {
        // A bad answer after each part: three in all, and never two in a row.
        let service = FileService { call, peer in
            call.before % 2 == 1
                ? Self.bad("403 Forbidden", peer) : call.send(Self.large, most: 90_000, to: peer)
        }
        let stage = try await Self.stage(service, "t/parts-1")
        try await stage.drain("retry.attempts=2", "retry.patience=0s")
        #expect(try stage.state(of: 1) == "completed")
    }

    // MARK: - Progress

    @Test func `a server that gives a part a connection is asked again at once`() async throws {
        let file = Picture.gif(of: 40 * 70_000)
        let service = FileService { call, peer in call.send(file, most: 70_000, to: peer) }
        let stage = try await Self.stage(service, "t/parts-1")
        // Growing waits would take weeks.
        try await stage.drain("retry.max=5m")
        #expect(try stage.state(of: 1) == "completed")
        #expect(service.calls("parts").count >= 40)
        // None of it is trouble.
        #expect(try stage.number("SELECT count(*) FROM events WHERE kind = 'fault'") == 0)
    }

    // MARK: - Files of unknown length

    private static func send(_ bytes: [UInt8], _ peer: Peer) -> Bool {
        peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        peer.send(bytes)
        return false
    }

    @Test func `the same answer twice over settles what is whole and says so`() async throws {
        let cut = Array(Picture.gif.dropLast())
        let service = FileService { call, peer in
            // A try in between that fails changes nothing.
            call.before == 1 ? Self.bad("503 Busy", peer) : Self.send(cut, peer)
        }
        let stage = try await Self.stage(service, "t/open-1")
        try await stage.drain()
        #expect(try stage.state(of: 1) == "completed")
        #expect(service.calls("open").count == 3)
        let detail = try #require(try stage.text("SELECT detail FROM events WHERE kind = 'output'"))
        #expect(try JSON(parsing: detail)["doubt"]?.string?.contains("twice") == true, "\(detail)")
        #expect(try await stage.jobctl("show", "1").output.contains("twice"))
    }

    @Test func `an answer that is another each time is given up by a person alone`() async throws {
        let service = FileService { call, peer in
            Self.send(Picture.gif(of: 400).prefix(100) + Array("\(call.before)".utf8), peer)
        }
        let stage = try await Self.stage(service, "t/odd-1")
        try stage.jobd("retry.attempts=1", "retry.patience=0s")
        try await eventually("it was tried often") { service.calls("odd").count > 5 }
        let words = try await stage.jobctl("explain", "1")
        #expect(
            words.output.contains("without limit") && words.output.contains("cancel 1 --give-up"), "\(words)")
        #expect(try await stage.jobctl("cancel", "1").code == 1)
        #expect(try stage.state(of: 1) == "downloading")
        #expect(try await stage.jobctl("cancel", "1", "--give-up").code == 0)
        #expect(try stage.state(of: 1) == "failed")
        #expect(try stage.text("SELECT error_kind FROM jobs") == "download")
    }

    @Test func `a download that is given up stops and what is there stays`() async throws {
        let service = FileService { call, peer in
            if call.path.hasSuffix("1") { return call.send(Picture.gif, to: peer) }
            peer.send(call.head(Self.large) + "\r\n")
            return call.drip(Self.large[(call.offset ?? 0)...], to: peer)
        }
        let stage = try await Self.stage(service, "t/both-2")
        let jobd = try stage.jobd()
        try await eventually("one is here") {
            try stage.number("SELECT count(*) FROM outputs WHERE state = 'done'") == 1
        }
        try await eventually("some of the other is here") {
            !Program.run("find", stage.state + "/outputs", "-name", "*.part", "-size", "+0c").output.isEmpty
        }
        #expect(try await stage.jobctl("cancel", "1", "--give-up").code == 0)
        // The connection ends, though jobd keeps running.
        try await jobd.says("given up")
        #expect(try stage.texts("SELECT state FROM outputs ORDER BY position") == ["done", "failed"])
        let path = try #require(try stage.text("SELECT path FROM outputs WHERE position = 1"))
        #expect(FileOnDisk.bytes(stage.state + "/outputs/" + path) == Picture.gif)
        #expect(try await stage.jobctl("verify").code == 0)
        // A retry continues from there.
        #expect(try await stage.jobctl("retry", "1").code == 0)
        try await eventually("it continues") { service.calls("both").contains { ($0.offset ?? 0) > 0 } }
        #expect(service.calls("both").count { $0.path.hasSuffix("1") } == 1)
    }

    @Test func `a download can be given up while no jobd runs`() async throws {
        let service = FileService { _, peer in Self.bad("503 Busy", peer) }
        let stage = try await Self.stage(service, "t/busy-1")
        let first = try stage.jobd()
        try await stage.wait(for: 1, toBe: "downloading")
        #expect(try await first.exitCode(after: SIGTERM) == 0)
        #expect(try await stage.jobctl("cancel", "1", "--give-up").code == 0)
        #expect(try stage.state(of: 1) == "failed")
        let calls = service.calls("busy").count
        try await stage.drain()
        #expect(service.calls("busy").count == calls)
    }

    // MARK: - Whose a file is

    @Test(arguments: [false, true])
    func `two outputs never share a file`(bothWait: Bool) async throws {
        let service = FileService { call, peer in call.send(Picture.gif, to: peer) }
        let stage = try await Self.stage(service, "t/twin-1", 2)
        let settings = "output_name=fox.{ext}"
        try await stage.drain(settings)
        // As a kill at the second rename leaves it: recorded under the name that the other took first.
        unlink(stage.state + "/outputs/fox-2.gif")
        let waiting = bothWait ? "(1, 2)" : "(SELECT job_id FROM outputs WHERE path = 'fox-2.gif')"
        try stage.execute(
            """
            CREATE TEMP TABLE waiting AS SELECT id FROM jobs WHERE id IN \(waiting);
            UPDATE outputs SET state = 'pending', downloaded_at = NULL, path = 'fox.gif'
            WHERE job_id IN (SELECT id FROM waiting);
            UPDATE jobs SET state = 'downloading', ended_at = NULL WHERE id IN (SELECT id FROM waiting);
            """)
        try await stage.drain(settings)
        #expect(Set(try stage.texts("SELECT path FROM outputs")) == ["fox.gif", "fox-2.gif"])
        #expect(FileOnDisk.bytes(stage.state + "/outputs/fox-2.gif") == Picture.gif)
    }
}
