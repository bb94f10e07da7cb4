import JSON
import Scratch
import Testing

@Suite struct MatrixTests {
    private let stage = Stage()

    private func inputs() throws -> [String] { try stage.texts("SELECT input FROM jobs ORDER BY id") }

    @Test func `each value makes a job, read as KEY=VALUE is, and several keys make their product`() throws {
        let answer = try stage.jobctl(
            "enqueue", Stage.sequential, "text=x", "--matrix", "optimize_prompt_options=s,f", "--matrix",
            "seed=1,2", "--label", "both", "--priority", "3", "--hold", "--json")
        #expect(answer.code == 0, "\(answer)")
        let jobs = try answer.objects()
        #expect(
            jobs.compactMap { $0["input"]?.text } == [
                #"{"text":"x","optimize_prompt_options":"standard","seed":1}"#,
                #"{"text":"x","optimize_prompt_options":"standard","seed":2}"#,
                #"{"text":"x","optimize_prompt_options":"fast","seed":1}"#,
                #"{"text":"x","optimize_prompt_options":"fast","seed":2}"#,
            ])
        for job in jobs {
            #expect(job["label"] == "both" && job["priority"] == .integer(3) && job["state"] == "held")
        }
    }

    @Test func `a value may hold a comma where the values are a JSON array`() throws {
        let answer = try stage.jobctl("enqueue", Stage.sequential, "--matrix", #"text:=["a, b","c"]"#)
        #expect(answer.lines == ["1-2"], "\(answer)")
        #expect(try inputs() == [#"{"text":"a, b"}"#, #"{"text":"c"}"#])
    }

    @Test func `repeated jobs have seeds of their own, the same ones for each combination`() throws {
        let answer = try stage.jobctl(
            "enqueue", Stage.sequential, "--matrix", "text=a,b", "--repeat", "3", "--json")
        let seeds = try answer.objects().compactMap { $0["input"]?["seed"]?.integer }
        #expect(Set(seeds[..<3]).count == 3 && seeds[..<3] == seeds[3...], "\(seeds)")
        let counted = try stage.jobctl(
            "enqueue", Stage.sequential, "text=a", "seed=7", "--repeat", "2", "--json")
        #expect(try counted.objects().map { $0["input"]?["seed"] } == [.integer(7), .integer(8)])
    }

    @Test func `a model without a seed gets equal jobs, and that is said`() throws {
        let answer = try stage.jobctl(
            "enqueue", Stage.edit, "prompt=x", "images=https://a.example/1", "--repeat", "2")
        #expect(answer.lines == ["1-2"])
        #expect(answer.errors.contains("its repeated jobs are equal"), "\(answer)")
        #expect(Set(try inputs()).count == 1)
    }

    @Test func `a key is numbered, so that the same command adds nothing again`() throws {
        let words = ["enqueue", Stage.sequential, "--matrix", "text=a,b", "--key", "k"]
        #expect(try stage.jobctl(words).lines == ["1-2"])
        #expect(try stage.texts("SELECT key FROM jobs ORDER BY id") == ["k-1", "k-2"])
        let again = try stage.jobctl(words)
        #expect(again.lines == ["1-2"] && again.errors.contains("2 were there already"), "\(again)")
        #expect(try stage.jobCount() == 2)
    }

    @Test func `one bad job keeps all from being enqueued; each fault is named with its jobs and its path`()
        throws
    {
        let answer = try stage.jobctl(
            "enqueue", Stage.sequential, "--matrix", "image_size=2560,9K", "--matrix", "seed=1,x")
        #expect(answer.code == 65 && answer.errors.contains("every job: $.text: is required"), "\(answer)")
        #expect(
            answer.errors.contains("job 3 (image_size=9K seed=1), job 4 (image_size=9K seed=x): $.image_size")
        )
        #expect(answer.errors.contains("$.seed: must be an integer"))
        #expect(!FileOnDisk.exists(stage.state), "refused jobs make no store")
    }

    @Test(arguments: [
        (["--matrix", "text=a,,b"], "empty value"), (["--matrix", "text=a,a"], "twice"),
        (["--matrix", "text"], "is not KEY=VALUE"), (["--matrix", "text:=[]"], "empty value"),
        (["--matrix", "text:=1"], "array"), (["--matrix", "text=a", "--matrix", "text=b"], "twice"),
        (["--matrix", "text=a,b", "text=c"], "both by --matrix"), (["text=x", "--repeat", "0"], "--repeat"),
        (["text=x", "--repeat", "10001"], "10000"), (["text=x", "--repeat", "9223372036854775807"], "10000"),
        (["--matrix", "text=a,b", "--repeat", "5001"], "10002"),
        (["text=x", "--matrix", "seed=1,2", "--repeat", "2"], "seed"),
        (["--batch", "-", "--matrix", "text=a,b"], "--matrix"),
    ])
    func `a slip of the finger is a mistake, and stores nothing`(words: [String], said: String) throws {
        let answer = try stage.jobctl(["enqueue", Stage.sequential] + words)
        #expect(answer.code == 64, "\(answer)")
        #expect(answer.errors.contains(said), "\(answer)")
        #expect(try stage.jobCount() == 0)
    }

    @Test func `ten thousand are taken`() throws {
        let answer = try stage.jobctl("enqueue", Stage.sequential, "text=x", "--repeat", "10000", "-q")
        #expect(answer.lines.count == 10_000)
        #expect(try stage.number("SELECT count(DISTINCT input) FROM jobs") == 10_000)
    }

    @Test func `a dry run shows all of them with the sum of their prices, and stores nothing`() throws {
        let words = [
            "enqueue", Stage.sequential, "text=x", "--matrix", "sequential_image_generation_options=1,4",
            "--repeat", "2", "-n", "--set", "models.\(Stage.sequential).price_usd=0.03",
        ]
        let answer = try stage.jobctl(words)
        #expect(answer.lines.count == 4, "\(answer)")
        #expect(answer.lines.map { $0.split(separator: "\t")[1] } == ["$0.03", "$0.03", "$0.12", "$0.12"])
        #expect(answer.errors.contains("4 jobs would be enqueued (about $0.30)"), "\(answer)")
        let prices = try stage.jobctl(words + ["--json"]).objects().map { $0["price_usd"] }
        #expect(prices == [.number("0.03"), .number("0.03"), .number("0.12"), .number("0.12")])
        #expect(!FileOnDisk.exists(stage.state))
    }
}
