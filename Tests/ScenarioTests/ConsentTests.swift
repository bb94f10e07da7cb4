import JSON
import Scratch
import Testing

/// `confirm_above_usd`: what may cost more is asked for.
@Suite struct ConsentTests {
    private let stage: Stage
    private let priced: [String]

    init() throws {
        stage = Stage()
        // One output of this model is 10 cents; three are the service's default.
        priced = ["--set", "confirm_above_usd=0.5", "--set", "models.\(Stage.sequential).price_usd=0.1"]
    }

    private func run(_ words: String..., input: String = "") throws -> Answer {
        try stage.jobctl(words + priced, input: input)
    }

    @Test func `below the sum nothing is asked; above it --yes is needed, and nothing is stored`() throws {
        #expect(try run("enqueue", Stage.sequential, "text=x").code == 0)
        let answer = try run("enqueue", Stage.sequential, "text=x", "--repeat", "2")
        #expect(answer.code == 64 && answer.errors.contains("2 jobs (about $0.60)"), "\(answer)")
        #expect(answer.errors.contains("confirm_above_usd is $0.50") && answer.errors.contains("--yes"))
        #expect(try stage.jobCount() == 1)
        #expect(try run("enqueue", Stage.sequential, "text=x", "--repeat", "2", "--yes").code == 0)
        #expect(try stage.jobCount() == 3)
        #expect(try run("rerun", "1-2").code == 64)
        #expect(try run("rerun", "1-2", "--yes").code == 0)
    }

    @Test func `a batch is summed up before any of it is stored, also one that comes through a pipe`() throws
    {
        let line =
            #"{"model": "bytedance/seedream-4-0/sequential", "input": {"text": "x"}, "key": "KEY"}"# + "\n"
        let lines = ["a", "b"].map { line.replacing("KEY", with: $0) }.joined()
        let answer = try run("enqueue", "--batch", "-", input: lines)
        #expect(answer.code == 64 && answer.errors.contains("2 jobs (about $0.60)"), "\(answer)")
        #expect(try stage.jobCount() == 0)
        #expect(try run("enqueue", "--batch", "-", "--yes", input: lines).lines == ["1-2"])
        // Jobs whose keys are in use are not bought, and not asked for.
        #expect(try run("enqueue", "--batch", "-", input: lines).code == 0)
        let path = stage.file("jobs.jsonl", lines + line.replacing("KEY", with: "c"))
        let piped = try stage.run(
            "/bin/sh",
            ["-c", "cat \(path) | \"$@\"", "sh", Program.jobctl, "enqueue", "--batch", "-"] + priced)
        #expect(piped.code == 0 && piped.lines == ["1-3"], "\(piped)")
    }

    @Test func `what waits for other jobs counts, too`() throws {
        let edit = ["--set", "models.\(Stage.edit).price_usd=0.3"]
        let lines = [
            #"{"model": "\#(Stage.sequential)", "input": {"text": "x"}, "key": "fox"}"#,
            #"{"model": "\#(Stage.edit)", "input": {"prompt": "x", "images": ["job:fox/pick"]}, "key": "night"}"#,
        ].joined(separator: "\n")
        for more in [[], ["--make"]] {
            let words = ["enqueue", "--batch", "-"] + more + priced + edit
            let batch = try stage.jobctl(words, input: lines)
            #expect(batch.code == 64 && batch.errors.contains("2 jobs (about $0.60)"), "\(batch)")
            let dry = try stage.jobctl(words + ["-n"], input: lines)
            #expect(dry.errors.contains("2 jobs would be enqueued (about $0.60)"), "\(dry)")
        }
        #expect(try stage.jobCount() == 0)
        // The source was asked for three outputs, and has none yet.
        #expect(try stage.jobctl(["enqueue", Stage.sequential, "text=x"] + priced).code == 0)
        let words = ["enqueue", Stage.edit, "prompt=x"] + priced + edit
        let each = try stage.jobctl(words + ["--matrix", "images=job:1/all"])
        #expect(each.code == 64 && each.errors.contains("3 jobs (about $0.90)"), "\(each)")
        let dry = try stage.jobctl(words + ["--matrix", "images=job:1/all", "-n"])
        #expect(dry.errors.contains("3 jobs would be enqueued (about $0.90)"), "\(dry)")
        #expect(try stage.jobctl(words + ["images=job:1/pick"]).code == 0)
        let dear = ["--set", "models.\(Stage.edit).price_usd=0.6"]
        let one = try stage.jobctl(["enqueue", Stage.edit, "prompt=x", "images=job:1"] + priced + dear)
        #expect(one.code == 64 && one.errors.contains("1 job (about $0.60)"), "\(one)")
    }

    @Test func `what is to be said of a batch is said once, though it is read twice`() throws {
        let line = #"{"model": "a/b", "input": {}}"# + "\n"
        let answer = try run(
            "enqueue", "--batch", "-", "--set", "models.a/b.price_usd=0.1", input: line + line)
        #expect(answer.code == 0, "\(answer)")
        #expect(answer.errors.split(separator: "no schema is known").count == 2, "\(answer)")
    }

    @Test func `an unknown price is asked for, and never counted as nothing`() throws {
        let answer = try run("enqueue", "some/model", "x=1")
        #expect(answer.code == 64)
        #expect(
            answer.errors.contains("its price is not known") && answer.errors.contains("price_usd"),
            "\(answer)")
        let mixed = try run(
            "enqueue", "--batch", "-", "-n",
            input: #"{"model": "a/b", "input": {}}"# + "\n"
                + #"{"model": "bytedance/seedream-4-0/sequential", "input": {"text": "x"}}"#)
        #expect(
            mixed.errors.contains("2 jobs would be enqueued (about $0.30, and 1 of unknown price)"),
            "\(mixed)")
    }

    @Test func `without the key nothing is asked, and the file's key counts like --set`() throws {
        #expect(try stage.jobctl("enqueue", "some/model", "x=1").code == 0)
        let path = stage.file("config.json", #"{"confirm_above_usd": 0}"#)
        let environment = ["JOBD_CONFIG": path]
        #expect(try stage.jobctl("enqueue", "some/model", "x=1", environment: environment).code == 64)
        #expect(try stage.jobctl("enqueue", "some/model", "x=1", "-y", environment: environment).code == 0)
    }

    @Test func `a configuration that cannot be read keeps one job from nothing, and asks for more`() throws {
        let environment = ["JOBD_CONFIG": stage.file("config.json", #"{"confirm": 0}"#)]
        let one = try stage.jobctl("enqueue", "some/model", "x=1", environment: environment)
        #expect(one.code == 0 && one.errors.contains("unknown key \"confirm\""), "\(one)")
        let two = try stage.jobctl("enqueue", "some/model", "--matrix", "x=1,2", environment: environment)
        #expect(two.code == 64 && two.errors.contains("unknown key \"confirm\""), "\(two)")
        #expect(try stage.jobctl("enqueue", "a/b", "--set", "confirm=0").code == 78)
        #expect(try stage.jobCount() == 1)
    }

    @Test func `a key that becomes free while it is asked for buys nothing that was not asked for`() throws {
        #expect(try stage.jobctl("enqueue", Stage.sequential, "text=x", "--key", "k-1").code == 0)
        let words = ["enqueue", Stage.sequential, "text=x", "--repeat", "3", "--key", "k"] + priced
        let terminal = try PseudoTerminal(stage, words)
        try terminal.shows("enqueue 2 jobs (about $0.60)? [y/N]")
        try stage.put(1, into: "failed", errorKind: "remote")
        #expect(try terminal.finish(typing: "y\n") == 1)
        #expect(terminal.text.contains("nothing was enqueued"), "\(terminal.text)")
        #expect(try stage.jobCount() == 1)
    }

    @Test func `on a terminal the estimate is shown, and only yes is yes`() throws {
        for (typed, code, jobs) in [("n", 1, 0), ("", 1, 0), ("y", 0, 2)] as [(String, Int32, Int64)] {
            let words = ["enqueue", Stage.sequential, "text=x", "--repeat", "2"] + priced
            let answer = try stage.onTerminal(words.joined(separator: " "), typing: typed + "\n")
            #expect(answer.code == code, "\(answer)")
            #expect(answer.output.contains("enqueue 2 jobs (about $0.60)? [y/N]"), "\(answer)")
            #expect(try stage.jobCount() == jobs)
        }
        let unpriced = try stage.onTerminal("enqueue a/b x=1")
        #expect(unpriced.output.contains("estimate: its price is not known"), "\(unpriced)")
    }
}
