import JSON
import Scratch
import Testing

/// An agent beside a running jobd.
@Suite(.serialized) struct AgentTests {
    @Test func `an agent orders, waits, looks and picks`() async throws {
        let stage = try await Stage.simulated()
        try stage.jobd()
        let client = try AgentClient(stage, "--label", "agent")
        let input = #"{"text":"two foxes","sequential_image_generation_options":2}"#
        let order = #"{"key":"foxes","model":"\#(Stage.sequential)","input":\#(input)}"#
        #expect(try await client.call("enqueue", order) != nil)
        let edit = #"{"prompt":"at night","images":["job:foxes/pick"]}"#
        let second = #"{"key":"night","model":"\#(Stage.edit)","input":\#(edit)}"#
        #expect(try await client.call("enqueue", second)?["job"]?["waits_for"]?.integer == 1)
        var done: JSON?
        try await eventually("job 1 has ended") {
            done = try await client.call("wait_for_jobs", #"{"ids":[1],"timeout_s":50}"#)
            return done?["done"]?.bool == true
        }
        #expect(done?["jobs"]?.array?.first?["state"]?.string == "completed", "\(done?.text ?? "")")
        let result = try await client.result(of: "get_file", #"{"id":1,"position":2}"#)
        let file = try #require(result["structuredContent"]?["file"]?.string)
        #expect(file.hasPrefix("/") && FileOnDisk.exists(file))
        #expect(result["structuredContent"]?["preview"]?.bool == true)
        let picture = try #require(result["content"]?.array?.last)
        #expect(picture["type"]?.string == "image" && picture["mimeType"]?.string == "image/png")
        #expect(picture["data"]?.string?.hasPrefix("iVBORw0KGgo") == true)
        let bare = try await client.result(of: "get_file", #"{"id":1,"preview":false}"#)
        #expect(bare["content"]?.array?.count == 1)
        #expect(try await client.call("pick_outputs", #"{"id":1,"positions":[2]}"#) != nil)
        try await eventually("job 2 has ended") {
            try await client.call("wait_for_jobs", #"{"ids":[2],"timeout_s":50}"#)?["done"]?.bool == true
        }
        #expect(try await client.call("get_file", #"{"id":1}"#)?["position"]?.integer == 2)
        let resources = try await client.ask("resources/list")["result"]?["resources"]?.array
        #expect(resources?.count == 5)
        let read = try await client.ask("resources/read", #""uri":"jobd://jobs/1/files/2""#)
        let blob = try #require(read["result"]?["contents"]?.array?.first?["blob"]?.string)
        #expect(blob.hasPrefix("iVBORw0KGgo"))
        let job = try await client.ask("resources/read", #""uri":"jobd://jobs/2""#)
        #expect(job.text.contains("at night"))
        client.close()
        #expect(try await client.program.exitCode() == 0)
        #expect(try await stage.accepted() == 2)
    }
}
