import Glibc
import JSON
import Scratch
import Testing

@Suite(.serialized) struct LifeTests {
    @Test func `a job of each model becomes whole files on disk`() async throws {
        let stage = try await Stage.simulated("--image-width", "64")
        let inputs = [
            [Stage.edit, "prompt=at night", "images=https://example.com/a.png"],
            [Stage.sequential, "text=two foxes", "sequential_image_generation_options=2"],
            [
                "bytedance/seedream-4-0/edit-sequential", "text=by day", "images=https://example.com/a.png",
                "sequential_image_generation_options=3",
            ],
            [
                "bytedance/seedance-v1.5-pro/image-to-video", "prompt=a breeze", "duration=4",
                "first_frame_image_url=https://example.com/a.png",
            ],
        ]
        for input in inputs {
            let answer = try await stage.jobctl(["enqueue"] + input).code
            #expect(answer == 0)
        }
        try await stage.drain()
        for (index, files) in [1, 2, 3, 1].enumerated() {
            let job = try await stage.job(Int64(index + 1))
            #expect(job["state"]?.string == "completed", "\(job.text)")
            #expect(job["submissions"]?.integer == 1)
            #expect(job["cost_usd"]?.double != nil)
            let outputs = try #require(job["outputs"]?.array)
            #expect(outputs.count == files)
            for output in outputs {
                let path = try #require(output["path"]?.string)
                let file = try #require(FileOnDisk(stage.state + "/outputs/" + path), "\(path)")
                #expect(Int64(file.size) == output["bytes"]?.integer)
                #expect(file.mode == 0o600)
                let hash = Program.run("sha256sum", stage.state + "/outputs/" + path).output
                #expect(hash.hasPrefix(try #require(output["sha256"]?.string)))
                let isVideo = index == 3
                #expect(output["kind"]?.string == (isVideo ? "video" : "image"))
                #expect(path.hasSuffix(isVideo ? ".mp4" : ".png"))
                #expect((output["width"]?.integer ?? 0) > 0)
                #expect(((output["duration_s"]?.double ?? 0) > 0) == isVideo)
            }
        }
        #expect(try await stage.accepted() == 4)
        #expect(try await stage.statistics()["tokens_at_files"]?.integer == 0)
    }
}
