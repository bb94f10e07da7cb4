import JSON
import Scratch
import Testing

/// `jobctl mcp`, one line after another.
@Suite struct AgentProtocolTests {
    private let stage = Stage()

    private func initialize(_ client: AgentClient, _ version: String) async throws -> JSON? {
        try client.send(
            """
            {"jsonrpc":"2.0","id":1000,"method":"initialize","params":{"protocolVersion":"\(version)",\
            "capabilities":{},"clientInfo":{"name":"test","version":"1"}}}
            """)
        return try await client.answer(to: 1000)["result"]
    }

    @Test func `a client of today asks without a handshake`() async throws {
        let client = try AgentClient(stage)
        let found = try await client.ask("server/discover")["result"]
        #expect(found?["supportedVersions"]?.array?.first?.string == "2026-07-28")
        #expect(found?["resultType"]?.string == "complete" && found?["ttlMs"]?.integer == 0)
        #expect(found?["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"]?.string == "jobd")
        let tools = try #require(try await client.ask("tools/list")["result"]?["tools"]?.array)
        #expect(
            tools.compactMap { $0["name"]?.string } == [
                "list_models", "get_model", "price_order", "enqueue", "list_jobs", "get_job", "wait_for_jobs",
                "cancel_jobs", "pick_outputs", "search_jobs", "explain_job", "get_file",
            ])
        for tool in tools {
            #expect(tool["inputSchema"]?["type"]?.string == "object")
            #expect(tool["outputSchema"]?["required"]?.array?.isEmpty == false)
        }
        let readers = tools.filter { $0["annotations"]?["readOnlyHint"]?.bool == true }
        #expect(tools.count - readers.count == 3)
        #expect(try await client.ask("ping")["error"]?["code"]?.integer == -32601)
    }

    @Test(arguments: ["2024-11-05", "2025-06-18", "2025-11-25", "2026-07-28", "1999-01-01", ""])
    func `an older client begins with a handshake`(offered: String) async throws {
        let client = try AgentClient(stage)
        try client.send(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
        #expect(try await client.answer(to: 1)["error"]?["code"]?.integer == -32602)
        let result = try await initialize(client, offered)
        let isKnown = offered.hasPrefix("202") && offered < "2026"
        #expect(result?["protocolVersion"]?.string == (isKnown ? offered : "2025-11-25"))
        #expect(result?["serverInfo"]?["name"]?.string == "jobd" && result?["resultType"] == nil)
        try client.send(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
        try client.send(#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#)
        #expect(try await client.answer(to: 2)["result"]?["tools"]?.array?.count == 12)
        try client.send(#"{"jsonrpc":"2.0","id":3,"method":"ping"}"#)
        #expect(try await client.answer(to: 3)["result"]?.text == "{}")
        try client.send(
            #"{"jsonrpc":"2.0","id":4,"method":"resources/read","params":{"uri":"jobd://jobs/1"}}"#)
        #expect(try await client.answer(to: 4)["error"]?["code"]?.integer == -32002)
    }

    @Test func `a revision that is not known is refused with those that are`() async throws {
        let client = try AgentClient(stage)
        let meta = AgentClient.meta.replacing("2026-07-28", with: "2031-01-01")
        try client.send(#"{"jsonrpc":"2.0","id":9,"method":"tools/list","params":{\#(meta)}}"#)
        let error = try await client.answer(to: 9)["error"]
        #expect(error?["code"]?.integer == -32022)
        #expect(error?["data"]?["requested"]?.string == "2031-01-01")
        #expect(error?["data"]?["supported"]?.array?.first?.string == "2026-07-28")
    }

    private static let deep = String(repeating: "[", count: 100_000)

    /// Lines that are no requests, and the code of the error; 0 for no answer at all.
    private static let hostile: [(line: String, code: Int64)] = [
        ("", 0), ("   ", 0), ("{", -32700), ("nonsense", -32700), ("\u{0}", -32700), (deep, -32700),
        (#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, -32700), ("[]", -32600), ("7", -32600),
        (#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600), ("{}", -32600),
        (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600), (#"{"id":1,"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":1e400,"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, -32600),
        (#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600), (#"{"jsonrpc":"2.0","id":1}"#, -32600),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32602),
        (#"{"jsonrpc":"2.0","id":1,"result":{}}"#, 0), (#"{"jsonrpc":"2.0","method":"nothing"}"#, 0),
        (#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":7}"#, 0),
        (#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"enqueue"}}"#, 0),
    ]

    @Test func `hostile lines cost nothing`() async throws {
        let client = try AgentClient(stage)
        for (line, _) in Self.hostile { try client.send(line) }
        // Bytes that are not UTF-8.
        try client.send([0x22, 0xFF, 0xFE, 0x22, 0x0A])
        let found = try await client.ask("server/discover")
        #expect(found["result"] != nil)
        let codes = try client.messages().dropLast().map { $0["error"]?["code"]?.integer }
        #expect(codes == Self.hostile.map(\.code).filter { $0 != 0 } + [-32700])
        #expect(client.program.errors.isEmpty)
        client.close()
        #expect(try await client.program.exitCode() == 0)
        #expect(!FileOnDisk.exists(stage.state))
    }

    @Test func `a line without an end takes no memory, and the next one is read`() async throws {
        let client = try AgentClient(stage)
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<70 { try client.send(piece) }
        try client.send("")
        #expect(try await client.ask("server/discover")["result"] != nil)
        #expect(try client.messages().compactMap { $0["error"]?["code"]?.integer } == [-32600])
        #expect(try #require(client.program.memory("VmHWM")) < 200_000)
    }

    @Test func `requests that come all at once are each answered once, and a key buys once`() async throws {
        let client = try AgentClient(stage)
        var ids: [Int] = []
        for number in 0..<1000 {
            let order = """
                "name":"enqueue","arguments":{"key":"k\(number / 25 % 10)","model":"\(Stage.sequential)",\
                "input":{"text":"a fox"}}
                """
            ids.append(
                try number % 25 == 0
                    ? client.request("tools/call", order) : client.request("resources/templates/list"))
        }
        _ = try await client.answer(to: ids[999])
        let answers = try client.messages()
        #expect(answers.compactMap { $0["id"]?.integer } == ids.map { Int64($0) })
        #expect(answers.allSatisfy { $0["result"] != nil && $0["result"]?["isError"]?.bool != true })
        #expect(try stage.jobCount() == 10)
    }

    @Test func `what is not there is an error of the protocol`() async throws {
        let client = try AgentClient(stage)
        for (method, params, code) in [
            ("nonsense", "", -32601), ("subscriptions/listen", "", -32601),
            ("tools/call", "", -32602), ("tools/call", #""name":"rm""#, -32602),
            ("tools/call", #""name":"list_jobs","arguments":7"#, -32602),
            ("tools/list", #""cursor":"x""#, -32602),
            ("resources/read", #""uri":"file:///etc/passwd""#, -32602),
            ("resources/read", #""uri":"jobd://jobs/1/files/../../x""#, -32602),
            ("resources/read", #""uri":"jobd://jobs/1""#, -32602), ("resources/read", "", -32602),
            ("prompts/get", #""name":"x""#, -32602), ("prompts/get", #""name":"make_pictures""#, -32602),
        ] {
            let answer = try await client.ask(method, params)
            #expect(answer["error"]?["code"]?.integer == Int64(code), "\(method) \(params): \(answer.text)")
        }
        #expect(try await client.ask("resources/list")["result"]?["resources"]?.array?.count == 0)
        #expect(
            try await client.ask("resources/templates/list")["result"]?["resourceTemplates"]?.array?.count
                == 2)
        #expect(try await client.ask("prompts/list")["result"]?["prompts"]?.array?.count == 2)
        let prompt = try await client.ask(
            "prompts/get", #""name":"make_pictures","arguments":{"idea":"a fox"}"#)
        #expect(prompt.text.contains("a fox"))
    }
}
