import JSON
import Scratch
import Testing

/// What an agent can do with `jobctl mcp` while no jobd runs.
@Suite struct AgentTests {
    private let stage = Stage()
    /// One output of this model is 10 cents.
    private static let price = "--set=models.\(Stage.sequential).price_usd=0.1"

    private func order(_ key: String, _ more: String = "") -> String {
        """
        {"key":"\(key)","model":"seedream-4-0/sequential","input":{"text":"a fox",\
        "sequential_image_generation_options":1}\(more)}
        """
    }

    @Test func `an order is stored once under its key`() async throws {
        let client = try AgentClient(stage, Self.price)
        let first = try #require(
            try await client.call("enqueue", order("a", #","label":"cats","priority":5"#)))
        #expect(first["existing"]?.bool == false && first["ordered_usd"]?.double == 0.1)
        #expect(first["left_usd"] == .null)
        let job = first["job"]
        #expect(job?["label"]?.string == "cats" && job?["priority"]?.integer == 5)
        #expect(job?["key"]?.string == "a" && job?["state"]?.string == "queued")
        let again = try #require(try await client.call("enqueue", order("a")))
        #expect(again["existing"]?.bool == true && again["job"]?["id"] == job?["id"])
        #expect(again["ordered_usd"]?.double == 0.1)
        #expect(try stage.jobCount() == 1)
    }

    @Test func `what a session may order has a bound`() async throws {
        let client = try AgentClient(stage, Self.price, "--max-usd", "0.25", "--label", "agent")
        for key in ["a", "b"] { #expect(try await client.call("enqueue", order(key)) != nil) }
        let refusal = try await client.refusal(of: "enqueue", order("c"))
        #expect(refusal["kind"]?.string == "refused")
        #expect(refusal["message"]?.string?.contains("$0.25") == true, "\(refusal.text)")
        #expect(try stage.jobCount() == 2)
        #expect(try stage.texts("SELECT DISTINCT label FROM jobs") == ["agent"])
        let price = try #require(try await client.call("price_order", order("c")))
        #expect(price["price_usd"]?.double == 0.1 && price["left_usd"]?.double == 0.05)
        #expect(price["refusal"]?.string?.contains("--max-usd") == true)
        // A repeated call buys nothing, and so is never refused.
        #expect(try await client.call("enqueue", order("b"))?["existing"]?.bool == true)
        let cancelled = try #require(try await client.call("cancel_jobs", #"{"ids":[1]}"#))
        #expect(cancelled["left_usd"]?.double == 0.15)
        #expect(cancelled["jobs"]?.array?.first?["state"]?.string == "cancelled")
        #expect(try await client.call("enqueue", order("c"))?["left_usd"]?.double == 0.05)
        let other = try await client.refusal(of: "enqueue", order("d", #","label":"other""#))
        #expect(other["message"]?.string?.contains("agent") == true)
    }

    @Test func `what was sent is not given back`() async throws {
        let client = try AgentClient(stage, Self.price, "--max-usd", "0.1")
        _ = try await client.call("enqueue", order("a"))
        try stage.execute(
            """
            UPDATE jobs SET state = 'cancelled', submissions = 1, ended_at = created_at WHERE id = 1
            """)
        let refusal = try await client.refusal(of: "enqueue", order("b"))
        #expect(refusal["message"]?.string?.contains("$0.10") == true)
    }

    @Test func `a bound needs prices`() async throws {
        let client = try AgentClient(stage, "--max-usd", "100")
        let unknown = #"{"key":"a","model":"some/model","input":{"prompt":"x"}}"#
        let refusal = try await client.refusal(of: "enqueue", unknown)
        #expect(refusal["message"]?.string?.contains("not known") == true, "\(refusal.text)")
        #expect(try await client.call("price_order", unknown)?["refusal"]?.string?.isEmpty == false)
        // The store is made by the first order, and so for one that is refused.
        #expect(try stage.jobCount() == 0)
        for value in ["-1", "x", "inf", "nan"] {
            #expect(try await stage.jobctl("mcp", "--max-usd=\(value)").code == 64)
        }
    }

    @Test func `a person's limit for asking holds`() async throws {
        let limit = "--set=confirm_above_usd=0.05"
        let client = try AgentClient(stage, Self.price, limit)
        let refusal = try await client.refusal(of: "enqueue", order("a"))
        #expect(refusal["kind"]?.string == "usage", "\(refusal.text)")
        let agreed = try AgentClient(stage, Self.price, limit, "--yes")
        #expect(try await agreed.call("enqueue", order("a")) != nil)
        #expect(try stage.jobCount() == 1)
    }

    @Test func `a session that only reads changes nothing`() async throws {
        try await stage.enqueue()
        let client = try AgentClient(stage, "--read-only")
        for (tool, arguments) in [
            ("enqueue", order("a")), ("cancel_jobs", #"{"ids":[1]}"#),
            ("pick_outputs", #"{"id":1,"positions":[]}"#),
        ] {
            let refusal = try await client.refusal(of: tool, arguments)
            #expect(refusal["message"]?.string?.contains("--read-only") == true)
        }
        #expect(try await client.ask("tools/list")["result"]?["tools"]?.array?.count == 9)
        #expect(try await client.call("list_jobs", "{}")?["jobs"]?.array?.count == 1)
        #expect(try stage.number("SELECT count(*) FROM events") == 1)
    }

    @Test(arguments: [
        ("enqueue", #"{"model":"a/b","input":{}}"#, "key"),
        ("enqueue", #"{"key":"","model":"a/b","input":{}}"#, "key"),
        ("enqueue", #"{"key":"a","model":"a/b","input":"x"}"#, "input"),
        ("enqueue", #"{"key":"a","model":7,"input":{}}"#, "model"),
        ("enqueue", #"{"key":"a","model":"a/b","input":{},"yes":true}"#, "yes"),
        ("enqueue", #"{"key":"a\u0000b","model":"a/b","input":{}}"#, "NUL"),
        ("get_job", #"{"id":"1"}"#, "id"), ("get_job", #"{"id":0}"#, "id"), ("get_job", #"{"id":99}"#, "99"),
        ("wait_for_jobs", #"{"ids":[],"timeout_s":1}"#, "ids"),
        ("wait_for_jobs", #"{"ids":[1],"timeout_s":51}"#, "timeout_s"),
        ("cancel_jobs", #"{"ids":["--yes"]}"#, "ids"), ("list_jobs", #"{"state":["--all"]}"#, "state"),
        ("search_jobs", #"{"words":[]}"#, "words"), ("get_file", #"{"id":1,"position":"../x"}"#, "position"),
        ("pick_outputs", #"{"id":1,"positions":[0]}"#, "positions"),
    ])
    func `wrong arguments are told to the agent`(tool: String, arguments: String, word: String) async throws {
        try await stage.enqueue()
        let client = try AgentClient(stage)
        let refusal = try await client.refusal(of: tool, arguments)
        #expect(refusal.text.contains(word), "\(refusal.text)")
        #expect(try stage.jobCount() == 1)
    }

    @Test func `an input that breaks its schema is refused with each reason`() async throws {
        let client = try AgentClient(stage)
        let refusal = try await client.refusal(
            of: "enqueue", #"{"key":"a","model":"\#(Stage.edit)","input":{"promt":"x"}}"#)
        #expect(refusal["kind"]?.string == "input")
        let paths = refusal["violations"]?.array?.compactMap { $0["path"]?.string } ?? []
        #expect(paths.contains("$.promt"), "\(refusal.text)")
    }

    @Test func `a chain is ordered by keys, and cancelled from its source on`() async throws {
        let client = try AgentClient(stage)
        _ = try await client.call("enqueue", order("source"))
        let edit =
            #"{"key":"edit","model":"\#(Stage.edit)","input":{"prompt":"at night","images":["job:source"]}}"#
        let job = try await client.call("enqueue", edit)?["job"]
        #expect(job?["waits_for"]?.integer == 1)
        #expect(job?["input"]?["images"]?.array?.first?.string == "job:1")
        #expect(try await client.call("explain_job", #"{"id":2}"#)?["reason"]?.string == "source")
        let answer = try #require(try await client.call("cancel_jobs", #"{"ids":[1,77]}"#))
        #expect(answer["refused"]?.array?.first?["id"]?.integer == 77)
        #expect(answer["notes"]?.text.contains("2") == true)
        #expect(try stage.state(of: 2) == "cancelled")
    }

    @Test func `models, lists and searches`() async throws {
        let client = try AgentClient(stage)
        #expect(try await client.call("list_jobs", "{}")?["jobs"]?.array?.count == 0)
        let models = try await client.call("list_models", #"{"words":["edit"]}"#)?["models"]?.array
        #expect(models?.isEmpty == false && models?.allSatisfy { $0["document"] == nil } == true)
        // A word that is a verb of `jobctl models` is only a word.
        #expect(try await client.call("list_models", #"{"words":["refresh"]}"#)?["models"]?.array?.count == 0)
        let model = try await client.call("get_model", #"{"model":"seedream-4-0/edit"}"#)
        #expect(model?["model"]?.string == Stage.edit)
        #expect(model?["document"]?["input_schema"]?.object != nil)
        for prompt in ["a red fox", "a grey wolf", "--help"] { try await stage.enqueue(prompt) }
        #expect(try await client.call("list_jobs", #"{"limit":2}"#)?["jobs"]?.array?.count == 2)
        #expect(try await client.call("list_jobs", #"{"state":["completed"]}"#)?["jobs"]?.array?.count == 0)
        let found = try await client.call("search_jobs", #"{"words":["fox"],"not":["wolf"]}"#)
        #expect(found?["jobs"]?.array?.map { $0["id"]?.integer } == [1])
        #expect(try await client.call("search_jobs", #"{"words":["--help"]}"#)?["jobs"]?.array?.count == 1)
        #expect(try await client.call("search_jobs", #"{"words":["bear"]}"#)?["jobs"]?.array?.count == 0)
        let job = try await client.call("get_job", #"{"id":1}"#)
        #expect(job?["events"]?.array?.first?["kind"]?.string == "enqueued")
    }

    @Test func `a wait holds up nothing, ends in time, and can be taken back`() async throws {
        try await stage.enqueue()
        let client = try AgentClient(stage)
        let wait = #""name":"wait_for_jobs","arguments":{"ids":[1],"timeout_s":"#
        let long = try client.request("tools/call", wait + "50}")
        let taken = try client.request("tools/call", wait + "1}")
        try client.send(
            #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":\#(taken)}}"#)
        #expect(try await client.ask("tools/list")["result"] != nil)
        let late = try await client.ask("tools/call", wait + "1.5}")["result"]?["structuredContent"]
        #expect(late?["done"]?.bool == false && late?["unfinished"]?.text == "[1]")
        _ = try await client.call("cancel_jobs", #"{"ids":[1]}"#)
        let ended = try await client.answer(to: long)["result"]?["structuredContent"]
        #expect(ended?["done"]?.bool == true && ended?["unfinished"]?.text == "[]")
        #expect(ended?["jobs"]?.array?.first?["state"]?.string == "cancelled")
        #expect(try client.messages().allSatisfy { $0["id"]?.integer != Int64(taken) })
        let unknown = try await client.refusal(of: "wait_for_jobs", #"{"ids":[7]}"#)
        #expect(unknown["message"]?.string?.contains("no job 7") == true)
    }

    @Test func `a client that goes ends the session, also while it waits`() async throws {
        try await stage.enqueue()
        let client = try AgentClient(stage)
        try client.request("tools/call", #""name":"wait_for_jobs","arguments":{"ids":[1],"timeout_s":50}"#)
        // Its last order has no end: it was not given.
        try client.send(Array(#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"na"#.utf8))
        client.close()
        #expect(try await client.program.exitCode() == 0)
        #expect(try client.messages().isEmpty)
        #expect(try stage.jobCount() == 1)
    }
}
