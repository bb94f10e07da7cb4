import JSON
import Scratch
import Testing

@testable import ProviderSimulator

/// Inputs that the simulator fetches, and addresses of outputs that expire.
@Suite struct InputTests {
    /// The simulator fetches in tasks, so no test may block a thread of theirs.
    private func end(_ id: String, _ stage: RunningSimulator) async throws -> JSON {
        try await eventually("\(id) is completed") {
            try stage.status(id)["status"]?.string == "completed"
        }
        return try stage.result(id)
    }

    private func edit(_ stage: RunningSimulator, _ images: String..., model: String = RunningSimulator.edit)
        async throws -> JSON
    {
        let body = JSON.object(["prompt": "x", "images": .array(images.map(JSON.string))])
        let reply = try #require(stage.client.post("/v1/models/\(model)", body.text))
        let id = try #require(reply.json["request_id"]?.string, "\(reply.text)")
        return try await end(id, stage)
    }

    private func address(_ stage: RunningSimulator, _ path: String) -> String {
        "http://127.0.0.1:\(stage.client.port)\(path)"
    }

    @Test func `the files of an input are fetched before it is worked on`() async throws {
        let stage = try RunningSimulator {
            $0.fetchesInputs = true
            $0.imageWidth = 64
        }
        let picture = try #require(stage.client.get("/_sim/picture.png"))
        let data = "data:image/png;base64," + Base64.text(of: picture.body)
        let result = try await edit(stage, address(stage, "/_sim/picture.png"), data)
        #expect(result["status"]?.string == "succeeded", "\(result)")
        let inputs = try #require(stage.ledger().last?["inputs"]?.array)
        #expect(inputs.map { $0["path"]?.string } == ["$.images[0]", "$.images[1]"])
        #expect(inputs.allSatisfy { $0["bytes"]?.integer == Int64(picture.body.count) })
        #expect(inputs[0]["sha256"] == inputs[1]["sha256"] && inputs[0]["fault"] == .null)
        // One output becomes the input of another job.
        let made = try #require(result["output"]?["image"]?.string)
        #expect(try await edit(stage, made)["status"]?.string == "succeeded")
    }

    @Test func `a file that cannot be had or used fails its job`() async throws {
        let stage = try RunningSimulator {
            $0.fetchesInputs = true
            $0.imageWidth = 16
        }
        let video = try stage.submit("x", model: "t/x-to-video")
        _ = try await end(video, stage)
        let picture = try #require(stage.client.get("/_sim/picture.png")).body
        func data(_ bytes: [UInt8]) -> String { "data:image/png;base64," + Base64.text(of: bytes) }
        let faults = [
            address(stage, "/nothing.png"): "failed to download $.images[0]: status 401",
            "http://127.0.0.1:1/a.png": "failed to download $.images[0]",
            address(stage, "/_sim/stats"): "$.images[0] is not a valid image file",
            address(stage, "/files/\(video)/1.mp4"): "$.images[0] is not a valid image file",
            data(Array(picture.dropLast(9))): "$.images[0] is not a valid image file",
            data(PictureFile.png(width: 16, height: 8, mark: "")): "$.images[0] is 8 pixels high",
            data(PictureFile.png(width: 64, height: 16, mark: "")): "$.images[0] has a width/height of 64/16",
        ]
        for (url, words) in faults {
            let result = try await edit(stage, url)
            #expect(result["status"]?.string == "failed" && result["output"] == nil)
            #expect(result["error"]?["message"]?.string?.hasPrefix(words) == true, "\(url): \(result)")
        }
        // Of a model without a schema every address is fetched, and may be anything.
        #expect(
            try await edit(stage, address(stage, "/_sim/stats"), model: "t/x")["status"]?.string
                == "succeeded")
        #expect(try await edit(stage, "http://127.0.0.1:1/", model: "t/x")["status"]?.string == "failed")
    }

    @Test func `an input that is still to be fetched is fetched after a restart`() async throws {
        let directory = ScratchDirectory()
        let change = { (options: inout Options) in
            options.stateDirectory = directory.path
            options.fetchesInputs = true
        }
        do {
            let stage = try RunningSimulator(change)
            _ = try await edit(stage, address(stage, "/_sim/picture.png"))
            _ = try await edit(stage, "http://127.0.0.1:1/a.png")
        }
        // As if it had ended before it fetched the first.
        let lines = FileOnDisk.content(directory["ledger.jsonl"]).split(separator: "\n")
        let id = try #require(try JSON(parsing: lines[0])["request_id"]?.string)
        let kept = lines.enumerated().filter { $0.offset != 1 }.map { $0.element + "\n" }
        FileOnDisk.write(kept.joined(), to: directory["ledger.jsonl"])
        var restarted: RunningSimulator?
        try await eventually("the first has let go of its ledger") {
            restarted = try? RunningSimulator(change)
            return restarted != nil
        }
        let stage = try #require(restarted)
        _ = try await end(id, stage)
        let words = try stage.ledger().dropFirst().map { $0["inputs"]?.array?.first?["fault"]?.string ?? "" }
        #expect(words.count == 2 && words.allSatisfy { $0.hasPrefix("failed to download") }, "\(words)")
    }

    @Test func `a reference is refused as the schema refuses it`() throws {
        let stage = try RunningSimulator()
        for value in ["job:1", "file:a.png", "s3://bucket/a.png", "http://example.com/a.png", "a.png", ""] {
            let body = JSON.object(["prompt": "x", "images": .array([.string(value)])])
            let reply = stage.client.post("/v1/models/\(RunningSimulator.edit)", body.text)
            #expect(reply?.status == 422, "\(value)")
        }
    }

    @Test func `the address of an output expires and each result names a new one`() throws {
        let stage = try RunningSimulator { $0.outputSeconds = 0.05 }
        let id = try stage.submit()
        func address() throws -> String {
            let url = try #require(try stage.result(id)["output"]?["images"]?.array?.first?.string)
            return String(try #require(url.split(separator: "\(stage.client.port)", maxSplits: 1).last))
        }
        let first = try address()
        try eventually("it expires") { stage.client.get(first)?.status == 403 }
        #expect(stage.client.get("/files/\(id)/1.png")?.status == 403)
        // A machine may be too slow for the first of them.
        try eventually("a fresh address is served") { stage.client.get(try address())?.status == 200 }
        #expect(try address() != first)
    }

    @Test func `all addresses can be ended at once`() throws {
        let stage = try RunningSimulator()
        let id = try stage.submit()
        #expect(stage.client.get(stage.file(id))?.status == 200)
        #expect(stage.client.post("/_sim/expire")?.status == 200)
        #expect(stage.client.get(stage.file(id))?.status == 403)
        let url = try #require(try stage.result(id)["output"]?["images"]?.array?.first?.string)
        let fresh = String(try #require(url.split(separator: "\(stage.client.port)", maxSplits: 1).last))
        #expect(stage.client.get(fresh)?.status == 200)
    }

    @Test(arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar"])
    func `base64 is read as it is written`(text: String) {
        let uri = "data:image/png;base64," + Base64.text(of: Array(text.utf8))
        // An empty text has no second half.
        #expect(DataURI.bytes(in: uri) ?? [] == Array(text.utf8))
        #expect(DataURI.bytes(in: uri + "A") == nil)
    }
}
