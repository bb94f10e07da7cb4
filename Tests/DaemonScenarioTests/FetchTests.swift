import HTTP
import JSON
import Scratch
import ScriptedServer
import Testing

/// `jobctl validate --fetch`: an input's real files against the model's rules.
@Suite struct FetchTests {
    private let stage = Stage()

    private func validate(_ words: String...) async throws -> Answer {
        let program = try stage.start(
            ["validate"] + words + Self.patience, environment: ["RUNCOMFY_TOKEN": Stage.token])
        return try await program.answer()
    }

    /// A slow machine is no reason.
    private static let patience = ["answer", "silence", "connect"].flatMap { ["--set", "timeout.\($0)=1h"] }

    /// The beginning of a PNG of these dimensions, in a file of so many bytes.
    private static func png(_ width: Int, _ height: Int) -> [UInt8] {
        func big(_ value: Int) -> [UInt8] { (0..<4).reversed().map { UInt8(value >> ($0 * 8) & 0xFF) } }
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + big(13) + Array("IHDR".utf8) + big(width)
            + big(height) + [UInt8](repeating: 0, count: 9)
    }

    /// Serves `/WIDTHxHEIGHT/BYTES` as a picture with ranges, and what it has no picture for as the path
    /// says.
    private static func server() -> ScriptedServer {
        ScriptedServer { peer in
            while let request = peer.receive() {
                let path = request.line.split(separator: " ")[1].split(separator: "/").map(String.init)
                let shape = path[0].split(separator: "x").compactMap { Int($0) }
                guard shape.count == 2, path.count == 2, let size = Int(path[1]) else {
                    let status = Int(path[0]) == nil ? "200 OK" : "\(path[0]) Hm"
                    peer.send(ScriptedServer.answer("<html>no picture</html>", status: status))
                    continue
                }
                let head = png(shape[0], shape[1])
                let body = head + [UInt8](repeating: 0, count: max(0, min(size, 16_384) - head.count))
                peer.send(
                    "HTTP/1.1 206 Partial Content\r\nContent-Length: \(body.count)\r\n"
                        + "Content-Range: bytes 0-\(body.count - 1)/\(size)\r\n\r\n")
                peer.send(body)
            }
        }
    }

    @Test func `a file on every bound passes and one beyond is named by its path`() async throws {
        let server = Self.server()
        let good = try await validate(
            Stage.edit, "prompt=x", "images=\(server.url)/14x14/10485760", "images=\(server.url)/300x100/500",
            "images=\(server.url)/100x300/500", "--fetch")
        #expect(good.code == 0, "\(good)")
        #expect(
            good.output.hasPrefix("$.images[0]\timage/png\t10.4 MB\t14x14\t\(server.url)/14x14/10485760\n"))
        #expect(good.errors == "the input is valid\n")

        let bad = try await validate(
            Stage.edit, "prompt=x", "images=\(server.url)/14x14/10485760",
            "images=\(server.url)/13x14/10485761",
            "images=\(server.url)/400x100/500", "sise=3", "--fetch")
        #expect(bad.code == 65)
        for line in [
            "$.sise: is not known to this model", "$.images[1]: has 10485761 bytes; at most 10 MB is allowed",
            "$.images[1]: is 13 pixels wide; at least 14 is needed",
            "$.images[2]: has a width/height of 400/100",
        ] { #expect(bad.errors.contains("\n  \(line)"), "\(line): \(bad.errors)") }
        #expect(!bad.errors.contains("$.images[0]"))
        // Neither the token nor more than a piece of each.
        #expect(server.requests.count == 6)
        #expect(server.requests.allSatisfy { $0.headers["authorization"] == nil })
        #expect(server.requests.allSatisfy { $0.headers["range"] == "bytes=0-16383" })
    }

    @Test func `what the server does not give away is a reason and what cannot be asked is not`() async throws
    {
        let server = Self.server()
        for path in ["404", "410", "403", "page"] {
            let answer = try await validate(Stage.edit, "prompt=x", "images=\(server.url)/\(path)", "--fetch")
            #expect(answer.code == 65, "\(path): \(answer)")
            #expect(answer.errors.contains("$.images[0]: the server "))
        }
        for url in ["\(server.url)/503", "\(server.url)/429", "https://127.0.0.1:1/a.png"] {
            let answer = try await validate(Stage.edit, "prompt=x", "images=\(url)", "--fetch", "--json")
            #expect(answer.code == 69, "\(url): \(answer)")
            #expect(try JSON(parsing: answer.output)["valid"] == .null)
        }
        // Without --fetch nobody is asked.
        let before = server.requests.count
        #expect(try await validate(Stage.edit, "prompt=x", "images=\(server.url)/404").code == 0)
        #expect(server.requests.count == before)
    }

    @Test func `json says what was found`() async throws {
        let server = Self.server()
        let answer = try await validate(
            "bytedance/seedance-v1.5-pro/image-to-video", "prompt=x",
            "first_frame_image_url=\(server.url)/200x900/70000", "--fetch", "--json")
        #expect(answer.code == 65)
        let json = try JSON(parsing: answer.output)
        #expect(json["valid"] == .bool(false) && json["line"] == .null)
        #expect(
            json["violations"]?.array?.compactMap { $0["message"]?.string } == [
                "is 200 pixels wide; at least 300 is needed",
                "has a width/height of 200/900; at least 0.4 is needed",
            ])
        let file = try #require(json["files"]?.array?.first)
        #expect(file["path"] == "$.first_frame_image_url" && file["media_type"] == "image/png")
        #expect(file["bytes"] == .integer(70_000) && file["bytes_read"] == .integer(16_384))
        #expect(file["width"] == .integer(200) && file["height"] == .integer(900))
    }

    @Test func `what cannot be checked is said and refuses nothing`() async throws {
        let schema = stage.scratch["schema.json"]
        FileOnDisk.write(
            #"""
            {"model_id": "a/b", "input_schema": {"properties": {
                "file": {"type": "string", "validations": [
                    {"validation_rule": "duration_s<", "validation_value": 5},
                    {"validation_rule": "width_pixels<", "validation_value": 100}]},
                "film": {"type": "string", "format": "video_uri"}}}}
            """#, to: schema)
        try await stage.jobctl("models", "import", schema)
        let server = Self.server()
        let answer = try await validate("a/b", "file=\(server.url)/10x10/90", "--fetch", "--json")
        #expect(answer.code == 0, "\(answer)")
        #expect(answer.errors.contains("note: $.file: cannot be checked: duration_s<\n"))
        #expect(try JSON(parsing: answer.output)["unchecked"]?.array?.count == 1)
        let picture = try await validate("a/b", "film=\(server.url)/10x10/90", "--fetch")
        #expect(picture.code == 65 && picture.errors.contains("$.film: is image/png, not video"))
        // Of a model without a schema there is nothing to look at.
        #expect(try await validate("c/d", "file=\(server.url)/404", "--fetch").code == 0)
    }

    @Test func `a batch asks for each address once and names the lines`() async throws {
        let server = Self.server()
        func line(_ path: String) -> String {
            #"{"model": "\#(Stage.edit)", "input": {"prompt": "x", "images": ["\#(server.url)/\#(path)"]}}"#
                + "\n"
        }
        let path = stage.scratch["batch.jsonl"]
        FileOnDisk.write(
            String(repeating: line("20x20/900"), count: 600) + "\n" + line("20x90/900") + "no json\n"
                + line("404"),
            to: path)
        let answer = try await validate("--batch", path, "--fetch", "-q")
        #expect(answer.code == 65)
        #expect(server.requests.count == 3)
        #expect(
            answer.errors.hasPrefix(
                """
                jobctl: 3 of 603 lines are refused:
                  line 602: $.images[0]: has a width/height of 20/90; at least 0.33 is needed
                  line 603: malformed JSON:
                """), "\(answer.errors)")
        #expect(answer.errors.contains("\n  line 604: $.images[0]: the server answered 404\n"))
        let json = try await validate("--batch", path, "--json")
        #expect(json.code == 65)
        let lines = try json.output.split(separator: "\n").map { try JSON(parsing: $0) }
        #expect(lines.count == 603 && lines.count { $0["valid"] == .bool(true) } == 602)
        #expect(
            lines[601]["line"] == .integer(603) && lines[601]["error"]?.string?.contains("malformed") == true)
    }

    @Test func `a picture of the simulators is looked at too`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue()
        try await stage.drain()
        let url = try #require(try stage.text("SELECT url FROM outputs"))
        let answer = try await stage.jobctl(
            "validate", Stage.edit, "prompt=x", "images=\(url)", "--fetch", "--json")
        let width = try stage.number("SELECT width FROM outputs")
        let file = try JSON(parsing: answer.output)["files"]?.array?.first
        #expect(answer.code == 0 && file?["width"] == .integer(width), "\(answer)")
        #expect(try file?["bytes"] == .integer(stage.number("SELECT bytes FROM outputs")))
        #expect(try await stage.statistics()["tokens_at_files"] ?? .integer(0) == .integer(0))
    }
}
