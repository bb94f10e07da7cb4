import Glibc
import JSON
import Testing

/// `confirm_above_usd`: what may cost more is asked for.
@Suite struct ConsentTests {
    private let sandbox: Sandbox
    private let priced: [String]

    init() throws {
        sandbox = try Sandbox()
        // One output of this model is 10 cents; three are the service's default.
        priced = ["--set", "confirm_above_usd=0.5", "--set", "models.\(Sandbox.sequential).price_usd=0.1"]
    }

    private func run(_ words: String..., input: String = "") throws -> Answer {
        try sandbox.run(Sandbox.program, words + priced, input: input)
    }

    @Test func `below the sum nothing is asked; above it --yes is needed, and nothing is stored`() throws {
        #expect(try run("enqueue", Sandbox.sequential, "text=x").code == 0)
        let answer = try run("enqueue", Sandbox.sequential, "text=x", "--repeat", "2")
        #expect(answer.code == 64)
        #expect(answer.errors.contains("2 jobs (about $0.60)"), "\(answer)")
        #expect(answer.errors.contains("confirm_above_usd is $0.50") && answer.errors.contains("--yes"))
        #expect(try sandbox.jobCount() == 1)
        #expect(try run("enqueue", Sandbox.sequential, "text=x", "--repeat", "2", "--yes").code == 0)
        #expect(try sandbox.jobCount() == 3)
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
        #expect(try sandbox.jobCount() == 0)
        #expect(try run("enqueue", "--batch", "-", "--yes", input: lines).lines.count == 2)
        // What stands already by its key is not bought, and not asked for.
        #expect(try run("enqueue", "--batch", "-", input: lines).code == 0)
        let path = try sandbox.file("jobs.jsonl", lines + line.replacing("KEY", with: "c"))
        let piped = try sandbox.run(
            "/bin/sh",
            ["-c", "cat \(path) | \"$@\"", "sh", Sandbox.program, "enqueue", "--batch", "-"] + priced)
        #expect(piped.code == 0 && piped.lines.count == 3, "\(piped)")
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
        #expect(try sandbox.jobctl("enqueue", "some/model", "x=1").code == 0)
        let path = try sandbox.file("config.json", #"{"confirm_above_usd": 0}"#)
        let environment = ["JOBD_CONFIG": path]
        #expect(try sandbox.jobctl("enqueue", "some/model", "x=1", environment: environment).code == 64)
        #expect(try sandbox.jobctl("enqueue", "some/model", "x=1", "-y", environment: environment).code == 0)
    }

    @Test func `a configuration that cannot be read keeps one job from nothing, and asks for more`() throws {
        let environment = ["JOBD_CONFIG": try sandbox.file("config.json", #"{"confirm": 0}"#)]
        let one = try sandbox.jobctl("enqueue", "some/model", "x=1", environment: environment)
        #expect(one.code == 0 && one.errors.contains("unknown key \"confirm\""), "\(one)")
        let two = try sandbox.jobctl("enqueue", "some/model", "--matrix", "x=1,2", environment: environment)
        #expect(two.code == 64 && two.errors.contains("unknown key \"confirm\""), "\(two)")
        #expect(try sandbox.jobctl("enqueue", "a/b", "--set", "confirm=0").code == 78)
        #expect(try sandbox.jobCount() == 1)
    }

    @Test func `a key that becomes free while it is asked for buys nothing that was not asked for`() throws {
        #expect(try sandbox.jobctl("enqueue", Sandbox.sequential, "text=x", "--key", "k-1").code == 0)
        let words = ["enqueue", Sandbox.sequential, "text=x", "--repeat", "3", "--key", "k"] + priced
        let terminal = try PseudoTerminal(Sandbox.program, words, environment: sandbox.environment)
        try terminal.shows("enqueue 2 jobs (about $0.60)? [y/N]")
        try sandbox.put(1, into: "failed", errorKind: "remote")
        terminal.type("y\n")
        #expect(terminal.finish() == 1)
        #expect(terminal.text.contains("nothing was enqueued"), "\(terminal.text)")
        #expect(try sandbox.jobCount() == 1)
    }

    @Test(.enabled(if: access("/usr/bin/script", X_OK) == 0, "needs script, of bsdutils"))
    func `on a terminal the estimate is shown, and only yes is yes`() throws {
        for (typed, code, jobs) in [("n", 1, 0), ("", 1, 0), ("y", 0, 2)] as [(String, Int32, Int64)] {
            let words = ["enqueue", Sandbox.sequential, "text=x", "--repeat", "2"] + priced
            let command = "exec \(Sandbox.program) " + words.joined(separator: " ")
            let answer = try sandbox.run(
                "/usr/bin/script", ["-qec", command, "/dev/null"], input: typed + "\n",
                environment: ["SHELL": "/bin/sh"])
            #expect(answer.code == code, "\(answer)")
            #expect(answer.output.contains("enqueue 2 jobs (about $0.60)? [y/N]"), "\(answer)")
            #expect(try sandbox.jobCount() == jobs)
        }
        let unpriced = try sandbox.run(
            "/usr/bin/script", ["-qec", "exec \(Sandbox.program) enqueue a/b x=1", "/dev/null"],
            environment: ["SHELL": "/bin/sh"])
        #expect(unpriced.output.contains("estimate: its price is not known"), "\(unpriced)")
    }
}
