import JSON
import Scratch
import ScriptedServer
import System
import Testing

/// Sources that make less than all, picks that are taken back, and chains that are made again.
@Suite(.serialized) struct ChainSourceTests {
    private let isWhole = Locked(true)
    private let service: FileService

    init() {
        service = FileService { [isWhole] call, peer in
            let isMissing = !isWhole.withLock { $0 } && call.path.hasSuffix("/7")
            peer.send(
                ScriptedServer.answer(
                    isMissing ? "" : ScriptedService.pixel, status: isMissing ? "404 Not Found" : "200 OK"))
            return true
        }
    }

    /// The pictures that were sent for the jobs of `model`, in order.
    private func sent(_ model: String, _ key: String = "image") throws -> [JSON?] {
        try service.server.requests.filter { $0.line.hasPrefix("POST /v1/models/t/\(model) ") }
            .map { try JSON(parsing: $0.body)[key] }
    }

    private func file(_ name: String, _ job: Int, _ position: Int) -> JSON {
        .string("\(service.server.url)/f/\(name)/\(job)/\(position)")
    }

    @Test func `of fifteen that were asked for twelve are made and what needs the others is cancelled`()
        async throws
    {
        let stage = Stage(url: service.server.url)
        try await stage.jobctl("enqueue", "t/fox-12", "num_images:=15")
        try await stage.jobctl("enqueue", "t/edit-1", "--matrix", "image=job:1/all")
        try await stage.jobctl("enqueue", "t/film-1", "--matrix", "image=job:13,job:14")
        try await stage.jobctl("enqueue", "t/sum-1", "all:=[\"job:1/all\"]")
        #expect(try stage.jobCount() == 19)
        try await stage.drain()
        #expect(try stage.texts("SELECT id FROM jobs WHERE state = 'cancelled'") == ["14", "15", "16", "18"])
        #expect(try stage.jobCount("completed") == 15)
        #expect(try Set(sent("edit-1").map { $0?.string }) == Set((1...12).map { file("fox", 1, $0).string }))
        #expect(try sent("sum-1", "all").first??.array == (1...12).map { file("fox", 1, $0) })
        // Made again, all of them wait for what the new one makes.
        #expect(try await stage.jobctl("rerun", "1", "--cascade").lines == ["20-38"])
        try await stage.drain()
        #expect(try stage.jobCount("cancelled") == 8 && stage.jobCount("completed") == 30)
    }

    @Test func `of fifteen files one does not come and all that is made from them waits for it`() async throws
    {
        let stage = Stage(url: service.server.url)
        isWhole.withLock { $0 = false }
        try await stage.jobctl("enqueue", "t/fox-15", "num_images:=15")
        try await stage.jobctl("enqueue", "t/edit-1", "--matrix", "image=job:1/all")
        try await stage.drain("retry.attempts=2", "retry.patience=10ms")
        #expect(try stage.text("SELECT state || error_kind FROM jobs WHERE id = 1") == "faileddownload")
        #expect(try stage.jobCount("queued") == 15 && sent("edit-1").isEmpty)
        isWhole.withLock { $0 = true }
        try await stage.jobctl("retry", "1")
        try await stage.drain()
        #expect(try stage.jobCount("completed") == 16)
        #expect(try Set(sent("edit-1").map { $0?.string }) == Set((1...15).map { file("fox", 1, $0).string }))
    }

    @Test func `a pick that is taken back sends nothing and one after it does`() async throws {
        let stage = Stage(url: service.server.url)
        try await stage.jobctl("enqueue", "t/fox-3", "text=fox")
        try await stage.jobctl("enqueue", "t/edit-1", "image=job:1/pick")
        try await stage.jobctl("enqueue", "t/many-1", "image:=[\"job:1/pick\"]")
        try await stage.drain()
        try await stage.jobctl("pick", "1", "1", "3")
        #expect(try stage.texts("SELECT waits_for FROM jobs") == ["0", "1", "0"])
        try await stage.jobctl("pick", "1", "--none")
        #expect(try stage.texts("SELECT waits_for FROM jobs") == ["0", "1", "1"])
        try await stage.drain()
        #expect(try sent("edit-1").isEmpty && sent("many-1").isEmpty)
        try await stage.jobctl("pick", "1", "2")
        try await stage.drain()
        #expect(try sent("edit-1") == [file("fox", 1, 2)])
        #expect(try sent("many-1").first??.array == [file("fox", 1, 2)])
        try await stage.jobctl("pick", "1", "--none")
        try await stage.drain()
        #expect(
            try stage.texts("SELECT sent FROM links") == ["[2]", "[2]"] && stage.jobCount("completed") == 3)
    }

    @Test func `a chain is made again from another picture and waits for a new pick of its own`() async throws
    {
        let stage = Stage(url: service.server.url)
        try await stage.jobctl("enqueue", "t/fox-8", "text=fox")
        try await stage.jobctl("enqueue", "t/edit-2", "image=job:1/pick")
        try await stage.jobctl("enqueue", "t/film-1", "image=job:2/pick")
        try await stage.drain()
        try await stage.jobctl("pick", "1", "3")
        try await stage.drain()
        try await stage.jobctl("pick", "2", "1")
        try await stage.drain()
        try await stage.jobctl("pick", "1", "6")
        #expect(try await stage.jobctl("rerun", "2", "image=job:1/6", "--cascade").lines == ["4-5"])
        try await stage.drain()
        #expect(try stage.texts("SELECT state FROM jobs WHERE id > 3") == ["completed", "queued"])
        try await stage.jobctl("pick", "4", "2")
        try await stage.drain()
        #expect(try sent("edit-2") == [file("fox", 1, 3), file("fox", 1, 6)])
        #expect(try sent("film-1") == [file("edit", 2, 1), file("edit", 4, 2)])
    }
}
