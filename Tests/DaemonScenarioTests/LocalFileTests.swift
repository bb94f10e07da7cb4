import Glibc
import JSON
import Scratch
import ScriptedServer
import System
import Testing

/// Local files that jobd sends.
@Suite(.serialized) struct LocalFileTests {
    private let service = FileService { call, peer in
        peer.send(ScriptedServer.answer(ScriptedService.pixel))
        return true
    }

    private func fixture(_ name: String, in stage: Stage) -> String {
        let path = stage.scratch[name]
        FileOnDisk.write(
            FileOnDisk.bytes(FileOnDisk.repository + "/Tests/Fixtures/media/" + name) ?? [], to: path)
        return path
    }

    private func uri(_ path: String, _ type: String) -> JSON {
        .string("data:\(type);base64,\(Base64.text(of: FileOnDisk.bytes(path) ?? []))")
    }

    /// What was sent for the jobs of `model`, in order.
    private func sent(_ model: String) throws -> [JSON] {
        try service.server.requests.filter { $0.line.hasPrefix("POST /v1/models/t/\(model) ") }
            .map { try JSON(parsing: $0.body) }
    }

    @Test func `local files are sent inside the POST, each in its place`() async throws {
        let stage = Stage(url: service.server.url)
        let (png, jpg) = (fixture("still.png", in: stage), fixture("still.jpg", in: stage))
        try await stage.jobctl("enqueue", "t/fox-2", "text=fox")
        let input =
            #"{"first":"file:\#(jpg)","list":["https://a.b/c","file:\#(png)","job:1/all","file:\#(jpg)"],"n":1.0}"#
        FileOnDisk.write(input, to: stage.scratch["input.json"])
        let answer = try await stage.jobctl("enqueue", "t/edit-1", "--input", stage.scratch["input.json"])
        #expect(answer.code == 0, "\(answer)")
        unlink(png)
        unlink(jpg)
        try await stage.drain()
        #expect(try stage.texts("SELECT state FROM jobs") == ["completed", "completed"])
        let (p, j) = (fixture("still.png", in: stage), fixture("still.jpg", in: stage))
        let edit = try #require(try sent("edit-1").first)
        #expect(edit["first"] == uri(j, "image/jpeg"))
        #expect(edit["n"] == .number("1.0"))
        let fox = [1, 2].map { JSON.string("\(service.server.url)/f/fox/1/\($0)") }
        #expect(
            edit["list"]?.array
                == ["https://a.b/c", uri(p, "image/png")] + fox + [uri(j, "image/jpeg")])
        #expect(try stage.text("SELECT input FROM jobs WHERE id = 2")?.contains("base64") == false)
    }

    @Test func `a job that came by SQL is checked against its files, and a missing one is its own fault`()
        async throws
    {
        let stage = try await Stage.simulated()
        let png = fixture("still.png", in: stage)
        try await stage.jobctl("enqueue", Stage.edit, "prompt=x", "images=\(png)")
        let name = try #require(FileOnDisk.names(stage.state + "/inputs").first)
        let small = SHA256.hexadecimal(of: Array(ScriptedService.pixel.utf8)) + ".gif"
        FileOnDisk.write(ScriptedService.pixel, to: stage.state + "/inputs/" + small)
        let damaged = String(repeating: "1", count: 64) + ".png"
        FileOnDisk.write("damaged", to: stage.state + "/inputs/" + damaged)
        symlink(png, stage.state + "/inputs/" + String(repeating: "2", count: 64) + ".png")
        let missing = String(repeating: "3", count: 64) + ".png"
        for file in [name, small, damaged, String(repeating: "2", count: 64) + ".png", missing, png] {
            try stage.execute(
                """
                INSERT INTO jobs (model, input)
                VALUES ('\(Stage.edit)', '{"prompt":"x","images":["file:\(file)"]}')
                """)
        }
        try await stage.drain()
        let failures = try stage.texts(
            "SELECT id || ' ' || error_kind || ' ' || error_message FROM jobs WHERE state = 'failed'")
        #expect(failures.count == 5, "\(failures)")
        for (failure, words) in zip(
            failures,
            [
                "3 input $.images[0]: is 1 pixels wide", "4 input inputs/\(damaged) is damaged",
                "5 input inputs/", "6 input inputs/\(missing) is missing",
                "7 input $.images[0]: must be file:SHA256.EXT",
            ])
        { #expect(failure.hasPrefix(words), "\(failure)") }
        #expect(try stage.texts("SELECT id FROM jobs WHERE state = 'completed'") == ["1", "2"])
        #expect(try await stage.posts() == 2, "nothing was bought for the others")
    }

    @Test(arguments: ["400 Bad Request", "413 Content Too Large", "422 Unprocessable Content"])
    func `a refusal buys nothing, even if it comes before the file was read`(status: String) async throws {
        let server = ScriptedServer { peer in
            guard peer.receiveHead() != nil else { return }
            peer.send(ScriptedServer.answer(#"{"detail":"too large"}"#, status: status))
            // Takes what still comes, as a server that means to be heard does.
            _ = peer.isClosed(after: 1000)
            while peer.receive() != nil {}
        }
        let stage = Stage(url: server.url)
        let large = stage.file("large", "x")
        truncate(large, 5 << 20)
        try await stage.jobctl("enqueue", "t/edit-1", "image=file:\(large)")
        try await stage.drain()
        #expect(try stage.texts("SELECT state || ' ' || error_kind FROM jobs") == ["failed input"])
        #expect(server.requests.count == 1)
    }

    @Test func `a POST that is cut inside its file is uncertain`() async throws {
        let server = ScriptedServer { peer in
            if peer.receiveHead() != nil { peer.reset() }
        }
        let stage = Stage(url: server.url)
        let large = stage.file("large", "x")
        truncate(large, 5 << 20)
        try await stage.jobctl("enqueue", "t/edit-1", "image=file:\(large)")
        try await stage.drain()
        #expect(try stage.state(of: 1) == "uncertain")
        #expect(server.requests.count == 1)
    }

    @Test func `the memory of jobd does not grow with the files that it sends`() async throws {
        let stage = try await Stage.simulated()
        let jobd = try stage.jobd()
        func highest() throws -> Int { try #require(jobd.memory("VmHWM")) }
        func enqueue(_ jobs: ClosedRange<Int>) async throws {
            for job in jobs {
                let file = stage.file("\(job)", "GIF89a\(job)")
                truncate(file, 5_000_000)
                try await stage.jobctl("enqueue", "t/m", "image=file:\(file)", "--no-validate", "-q")
            }
            try await stage.waitUntilAllAre("completed", "failed")
        }
        try await enqueue(1...1)
        let before = try highest()
        try await enqueue(2...5)
        #expect(try stage.jobCount() == 5)
        // In kilobytes. Four files as text have 27 MB.
        let after = try highest()
        #expect(after - before < 12_000, "\(before) before, \(after) after")
    }

    @Test func `what a killed jobctl has left is swept when jobd starts`() async throws {
        let stage = Stage(url: service.server.url)
        try await stage.jobctl("enqueue", "t/edit-1", "image=file:\(fixture("still.png", in: stage))")
        FileOnDisk.write("half", to: stage.state + "/inputs/.new-1")
        let jobd = try stage.jobd()
        try await eventually("it is swept") { FileOnDisk.names(stage.state + "/inputs").count == 1 }
        try await stage.wait(for: 1, toBe: "completed")
        _ = try await jobd.exitCode(after: SIGTERM)
    }

    @Test func `retention removes the copies together with the inputs`() async throws {
        let stage = Stage(url: service.server.url)
        try await stage.jobctl("enqueue", "t/edit-1", "image=file:\(fixture("still.png", in: stage))")
        try await stage.drain()
        try stage.execute("UPDATE jobs SET ended_at = '2020-01-01 00:00:00.000'")
        _ = try stage.jobd("retention.inputs=1d")
        try await eventually("the copy is gone") { FileOnDisk.names(stage.state + "/inputs").isEmpty }
        #expect(try stage.text("SELECT input FROM jobs") == "{}")
    }
}
