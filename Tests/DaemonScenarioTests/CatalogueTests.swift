import Glibc
import HTTP
import JSON
import Scratch
import ScriptedServer
import Testing

/// `jobctl models`: what the service says of its models, and what becomes of it here.
@Suite struct CatalogueTests {
    private let stage = Stage()

    private func models(_ words: [String], at url: String, token: Bool = true) async throws -> Answer {
        let token = token ? ["RUNCOMFY_TOKEN": Stage.token] : [:]
        let quick = ["--set", "retry.min=10ms", "--set", "timeout.answer=1h"]
        let program = try stage.start(["models"] + words + ["--api-url", url] + quick, environment: token)
        return try await program.answer()
    }

    private func models(_ words: String..., at server: CatalogueServer) async throws -> Answer {
        let answer = try await models(words, at: server.url)
        // It listens for as long as it lives.
        return withExtendedLifetime(server) { answer }
    }

    private func stored() async throws -> [String] {
        try await stage.jobctl("models", "--json").output.split(separator: "\n").compactMap {
            let entry = try JSON(parsing: $0)
            return entry["stored"]?.bool == true ? entry["model"]?.string : nil
        }
    }

    @Test func `every page is read and every model says what has changed`() async throws {
        let names = (1...5).map { "test/m\($0)" }
        let before = CatalogueServer.listing(names.map { CatalogueServer.entry($0, price: 0.5) })
        let first = try await models("refresh", at: before)
        #expect(first.code == 0, "\(first)")
        #expect(first.output.hasPrefix("gone\tbytedance/seedance-v1.5-pro/image-to-video\t"))
        #expect(first.output.hasSuffix("new\ttest/m5\t$0.50/output\n"))
        #expect(first.errors.hasSuffix("5 new, 4 gone\n"))
        #expect(
            before.requests.map { $0.line.split(separator: "offset=").last?.prefix(1) } == [
                "0", "2", "4", "5",
            ])
        #expect(before.requests.allSatisfy { $0.headers["authorization"] == "Bearer \(Stage.token)" })

        let keys = #""seed": {"type": "integer"}, "size": {"type": "string", "enum": ["1K", "4K"]}"#
        let newer = CatalogueServer.listing(
            [CatalogueServer.entry("test/m1", price: 0.25, keys: keys)]
                + names.dropFirst().map { CatalogueServer.entry($0, price: 0.5) })
        let dry = try await models("refresh", "--dry-run", at: newer)
        let change = "price: $0.25/output, was $0.50/output; takes no prompt any more; takes seed; takes size"
        #expect(dry.output.contains("changed\ttest/m1\t\(change)\n"))
        #expect(try await stage.jobctl("models", "m1").output.contains("$0.50/output"))

        let second = try await models("refresh", "--json", at: newer)
        let lines = try second.output.split(separator: "\n").map { try JSON(parsing: $0) }
        #expect(lines.count == 9)
        let one = try #require(lines.first { $0["model"] == "test/m1" })
        #expect(one["change"] == "changed" && one["stored"] == .bool(true))
        #expect(one["changes"]?.array?.count == 4)
        #expect(lines.count { $0["change"] == "unchanged" } == 4)
        #expect(try await stage.jobctl("models", "m1").output.contains("$0.25/output"))
        // And back to what is in the program: nothing of this one.
        #expect(try await stage.jobctl("models", "forget", "test/m1").code == 0)
        #expect(try await stage.jobctl("models", "show", "test/m1").code == 1)
    }

    @Test func `choices limits and requirements are told apart`() async throws {
        func entry(_ keys: String, required: String) -> String {
            #"{"model_id": "a/b", "input_schema": {"required": [\#(required)], "properties": {\#(keys)}}}"#
        }
        let old = entry(
            #""p": {"type": "string", "maxLength": 9}, "c": {"enum": ["x", "y"]}"#, required: #""p""#)
        let new = entry(
            #""p": {"type": "string", "maxLength": 5}, "c": {"enum": ["y", "z"]}"#, required: #""c""#)
        #expect(try await models("refresh", "-q", at: CatalogueServer.listing([old])).output == "a/b\n")
        let answer = try await models("refresh", at: CatalogueServer.listing([new]))
        let words = [
            "p is not required any more", "p, limits: at most 5 characters, was at most 9 characters",
            "c is required now", "c takes also z", "c takes no more x",
        ]
        #expect(answer.output.contains("changed\ta/b\t\(words.joined(separator: "; "))\n"), "\(answer)")
    }

    @Test(arguments: [
        ("200 OK", "<html>busy</html>", 69),
        ("200 OK", #"{"error_code": 400004, "error_message": "no"}"#, 77),
        ("401 Unauthorized", "{}", 77), ("502 Bad Gateway", "<html>", 69), ("200 OK", "[]", 69),
        ("200 OK", #"{"models": 7}"#, 69), ("200 OK", #"{"models": [], "total": 3}"#, 69),
        ("200 OK", #"{"models": [{"model_id": "a/b"}, 7, "x"]}"#, 69), ("200 OK", "", 69),
    ])
    func `an answer that is none leaves everything as it was`(status: String, body: String, code: Int32)
        async throws
    {
        let good = CatalogueServer.listing([CatalogueServer.entry("a/b", price: 1)])
        #expect(try await models("refresh", at: good).code == 0)
        let answer = try await models("refresh", at: CatalogueServer { _, _ in (status, body) })
        #expect(answer.code == code, "\(answer)")
        #expect(answer.errors.contains("nothing was refreshed") && answer.output == "")
        #expect(try await stored() == ["a/b"])
        #expect(try await stage.jobctl("models", "a/b").output.contains("$1.00/output"))
    }

    @Test func `a page that fails leaves everything as it was`() async throws {
        let entry = CatalogueServer.entry("a/b", price: 1)
        let server = CatalogueServer { _, offset in
            offset == 0
                ? ("200 OK", #"{"models": [\#(entry)], "total": 9}"#) : ("500 Internal Server Error", "oh")
        }
        #expect(try await models("refresh", at: server).code == 69)
        // It was asked more than once, and not for ever.
        #expect(server.requests.count == 4)
        #expect(try await stored() == [])
    }

    @Test func `pages that repeat come to an end`() async throws {
        let page = ["a/b", "a/c"].map { CatalogueServer.entry($0) }.joined(separator: ",")
        let server = CatalogueServer { _, _ in ("200 OK", #"{"models": [\#(page)], "total": 1000000}"#) }
        let answer = try await models("refresh", at: server)
        #expect(answer.code == 0)
        #expect(server.requests.count == 2)
        #expect(try await stored() == ["a/b", "a/c"])
        // With a part of the catalogue, nobody can say what is gone.
        #expect(answer.errors.contains("counts 1,000,000 models and lists 2"))
        #expect(!answer.output.contains("gone"))
    }

    @Test(arguments: [0, 1, -5])
    func `a total that is too small ends nothing`(total: Int) async throws {
        let entries = (1...5).map { CatalogueServer.entry("a/m\($0)") }
        #expect(try await models("refresh", at: CatalogueServer.listing(entries, total: total)).code == 0)
        #expect(try await stored().count == 5)
    }

    @Test func `what is no model is passed over and named`() async throws {
        let long = String(repeating: "x", count: 1 << 20)
        let entries = [
            CatalogueServer.entry("good/one"), #"{"display_name": "No Name", "input_schema": {}}"#,
            #"{"model_id": "bad/none"}"#, #"{"model_id": "bad/empty", "input_schema": {}}"#,
            #"{"model_id": "bad/odd", "input_schema": {"properties": [1]}}"#,
            CatalogueServer.entry("../../etc"), CatalogueServer.entry("bad/\\u001b[2J"),
            CatalogueServer.entry("bad/large", keys: #""a": {"title": "\#(long)"}"#),
            CatalogueServer.entry("good/one"),
        ]
        // The built-in schema of a model does not give way to one that checks nothing.
        let hollow = #"{"model_id": "\#(Stage.edit)", "input_schema": {"properties": {}}}"#
        let server = CatalogueServer.listing(entries + [hollow], page: 3)
        let answer = try await models("refresh", at: server)
        #expect(answer.code == 0, "\(answer)")
        #expect(try await stored() == ["good/one"])
        for name in ["No Name", "bad/none", "bad/empty", "bad/odd", "../../etc", "bad/\\e[2J", "bad/large"] {
            #expect(answer.output.contains("skipped\t\(name)\t"), "\(name): \(answer.output)")
        }
        #expect(answer.output.contains("skipped\t\(Stage.edit)\t"))
        #expect(!answer.output.contains("\u{1B}"))
        #expect(try await stage.jobctl("validate", Stage.edit, "prompt=x").code == 65)
    }

    @Test func `of several names each is done or named`() async throws {
        let server = CatalogueServer { path, _ in
            switch path {
            case "/v1/models/a/there": ("200 OK", CatalogueServer.entry("a/there", price: 2))
            case "/v1/models/a/moved": ("200 OK", CatalogueServer.entry("a/elsewhere"))
            default: ("404 Not Found", #"{"error_code": 404001, "error_message": "no such model"}"#)
            }
        }
        let answer = try await models("refresh", "a/there", "a/moved", "a/gone", at: server)
        #expect(answer.code == 1)
        #expect(
            answer.output == """
                gone\ta/gone\tHTTP 404: no such model
                skipped\ta/moved\tthe service calls it a/elsewhere
                new\ta/there\t$2.00/output

                """)
        #expect(try await stored() == ["a/there"])
        #expect(try await models("refresh", "a/there", at: server).code == 0)
        #expect(try await models("refresh", "a//b", at: server).code == 65)
    }

    @Test func `who may not ask is told so`() async throws {
        let server = CatalogueServer.listing([CatalogueServer.entry("a/b")])
        let answer = try await models(["refresh"], at: server.url, token: false)
        #expect(answer.code == 77 && answer.errors.contains("token_file"))
        #expect(server.requests.isEmpty)
        #expect(try await models("refresh", "--set", "nonsense=1", at: server).code == 78)
        #expect(try await models("refresh", "--config", "/nowhere", at: server).code == 66)
        #expect(try await models(["refresh"], at: "http://example.com").code == 78)
        // No store was made for nothing.
        #expect(FileOnDisk(stage.state) == nil)
    }

    @Test func `a running jobd goes by a new price at once`() async throws {
        let stage = try await Stage.simulated()
        try await stage.enqueue("before")
        let jobd = try stage.jobd("budget.total_usd=1000")
        try await stage.wait(for: 1, toBe: "completed")
        #expect(try stage.text("SELECT price_usd FROM jobs WHERE id = 1") == nil)
        // The simulator's own catalogue: 0.03 a picture.
        let program = try stage.start(
            ["models", "refresh", Stage.sequential, "--api-url", stage.url],
            environment: ["RUNCOMFY_TOKEN": Stage.token])
        #expect(try await program.exitCode() == 0, "\(program.errors)")
        try await stage.enqueue("after")
        try await stage.wait(for: 2, toBe: "completed")
        #expect(try stage.text("SELECT price_usd FROM jobs WHERE id = 2") == "0.03")
        #expect(try await jobd.exitCode(after: SIGTERM) == 0)
        #expect(
            try await stage.jobctl("models", "show", Stage.sequential).output.contains("money that does not"))
    }
}
