import HTTP
import ScriptedServer
import Testing

@testable import Provider

/// Answers that break off, lie or make no sense, over real sockets. A POST that may have arrived is never
/// called a no.
@Suite(.timeLimit(.minutes(10))) struct BrokenAnswerTests {
    private let http: HTTPClient

    init() throws { http = try HTTPClient(userAgent: "test/1", maximumConnections: 64) }

    private func client(_ server: ScriptedServer, within limit: Duration = .seconds(60)) -> RunComfyClient {
        RunComfyClient(http: http, baseURL: server.url, answerTimeout: limit) { "secret" }
    }

    /// Sends so many bytes of `answer` as the request's path asks for, then ends the connection.
    private func server(cutting answer: String) -> ScriptedServer {
        let bytes = Array(answer.utf8)
        return ScriptedServer { peer in
            guard let request = peer.receive() else { return }
            let order = request.line.split { "/ ".contains($0) }.first { $0.hasPrefix("cut-") } ?? ""
            let words = order.split(separator: "-")
            peer.send(Array(bytes.prefix(words.count > 1 ? Int(words[1]) ?? 0 : 0)))
            if words.last == "reset" { peer.reset() }
        }
    }

    /// Every beginning of an answer, ended in peace and by a reset.
    private func cuts(of answer: String) -> [String] {
        (0..<answer.utf8.count).flatMap { ["cut-\($0)-close", "cut-\($0)-reset"] }
    }

    @Test(arguments: [
        ("200 OK", "", #"{"request_id":"r-1"}"#), ("429 Slow", "Retry-After: 1\r\n", "{}"),
        ("400 No", "", #"{"message":"no"}"#), ("401 No", "", #"{"error_code":400004}"#),
        ("503 No", "Retry-After: 1\r\n", "no"),
    ])
    func `a POST whose answer is cut at any byte is in doubt, whatever had come of it`(
        status: String, headers: String, body: String
    ) async {
        let answer = ScriptedServer.answer(body, status: status, headers: headers)
        let server = server(cutting: answer)
        let client = client(server)
        let cuts = cuts(of: answer)
        await withTaskGroup { group in
            for cut in cuts { group.addTask { (cut, await client.submit(model: "m/\(cut)", input: "{}")) } }
            for await (cut, verdict) in group {
                let isBeginning = verdict.doubt.map { body.utf8.starts(with: $0.raw.bytes) }
                #expect(isBeginning == true, "\(cut) of \(status): \(verdict)")
            }
        }
        #expect(server.requests.count == cuts.count)
        let whole = await client.submit(model: "m/cut-9999", input: "{}")
        #expect(whole.doubt == nil, "the whole answer is an answer")
    }

    @Test func `a question whose answer is cut at any byte is asked again`() async throws {
        let bodies = [#"{"status":"completed"}"#, #"{"status":"failed"}"#, #"{"outcome":"cancelled"}"#]
        for body in bodies {
            let answer = ScriptedServer.answer(body)
            let server = server(cutting: answer)
            let client = client(server)
            try await withThrowingTaskGroup(of: (String, Bool).self) { group in
                for cut in cuts(of: answer) {
                    group.addTask { (cut, try await client.status(of: cut).isAskedAgain) }
                    group.addTask { (cut, try await client.result(of: cut, model: nil).isAskedAgain) }
                    group.addTask { (cut, try await client.cancel(cut).isAskedAgain) }
                }
                for try await (cut, isAskedAgain) in group { #expect(isAskedAgain, "\(cut) of \(body)") }
            }
        }
    }

    private static let whole = #"{"request_id":"r-1"}"#
    private static let deep = String(repeating: "[", count: 10_000)
    private static let wide = String(repeating: " ", count: 9 << 20)

    /// Answers after which nobody can know whether the POST bought something.
    private static let doubtful: [(name: String, answer: String)] = [
        ("nothing", ""),
        ("no HTTP", "\u{1}\u{2}garbage without a head\r\n\r\n"),
        ("HTTP/0.9", whole),
        ("HTTP/3", "HTTP/3.0 200 OK\r\nContent-Length: 20\r\n\r\n" + whole),
        ("a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -20\r\n\r\n" + whole),
        ("a length that is too long", "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n" + whole),
        ("a length that is too short", "HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n" + whole),
        ("chunks without sizes", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + whole),
        ("chunks without end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n\(whole)\r\n"),
        ("a chunk of all bytes", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"),
        ("an encoding", ScriptedServer.answer("\u{1F}\u{8}\u{0}", headers: "Content-Encoding: gzip\r\n")),
        ("another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
        ("no content", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("status 999", ScriptedServer.answer(whole, status: "999 What")),
        ("status 0", ScriptedServer.answer(whole, status: "000 What")),
        ("status -20", ScriptedServer.answer(whole, status: "-20 What")),
        ("no status", "HTTP/1.1\r\n\r\n"),
        (
            "endless interim answers",
            String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 9000) + ScriptedServer.answer(whole)
        ),
        ("a page", ScriptedServer.answer("<!doctype html><title>Hello</title>")),
        ("a depth of 10,000", ScriptedServer.answer(deep)),
        ("a body of megabytes", ScriptedServer.answer("{\"request_id\":\(wide)\"r-1\"}")),
        ("an id with a slash", ScriptedServer.answer(#"{"request_id":"../models/a"}"#)),
        ("an empty id", ScriptedServer.answer(#"{"request_id":""}"#)),
        ("a long id", ScriptedServer.answer(#"{"request_id":"\#(String(repeating: "a", count: 129))"}"#)),
        ("a number for an id", ScriptedServer.answer(#"{"request_id":12}"#)),
        ("a list for an id", ScriptedServer.answer(#"{"request_id":["r-1"]}"#)),
        ("an id with a line end", ScriptedServer.answer(#"{"request_id":"r-1\r\n"}"#)),
        ("an id with a zero", ScriptedServer.answer(#"{"request_id":"r-1\u0000"}"#)),
        ("half a character for an id", ScriptedServer.answer(#"{"request_id":"\ud800"}"#)),
        ("letters that look alike", ScriptedServer.answer(#"{"request_id":"r-１"}"#)),
        (
            "an id that is not UTF-8",
            "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"request_id\":\"r-\u{e9}\"}"
        ),
    ]

    @Test(arguments: doubtful)
    func `what nobody can know is in doubt, with what came kept in bounds`(name: String, answer: String)
        async throws
    {
        let server = ScriptedServer { peer in if peer.receive() != nil { peer.send(answer) } }
        let verdict = await client(server).submit(model: "m", input: "{}")
        let doubt = try #require(verdict.doubt, "\(name): \(verdict)")
        #expect(doubt.reason.utf8.count < 1000 && doubt.raw.bytes.count <= 1 << 20)
        #expect(server.requests.count == 1)
        // The same answer to a question says nothing of the job.
        guard case .stopped(.tryLater(let why, _)) = try await client(server).status(of: "r-1") else {
            return #expect(Bool(false), "\(name): believed")
        }
        #expect(why.utf8.count < 1000)
        #expect(try await client(server).result(of: "r-1", model: nil).isAskedAgain, "\(name)")
        #expect(try await client(server).cancel("r-1").isAskedAgain, "\(name)")
    }

    @Test(arguments: [
        ScriptedServer.answer(whole, headers: "Content-Type: text/html\r\n"),
        ScriptedServer.answer(whole, headers: "Content-Type: image/png; charset=\"\r\n"),
        ScriptedServer.answer("\u{FEFF} \r\n" + whole + "\n\n"),
        "HTTP/1.1 200 OK\r\n\r\n" + whole, "HTTP/1.0 200\r\n\r\n" + whole,
        String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 100) + ScriptedServer.answer(whole),
        ScriptedServer.answer(#"{"request_id":"r-1","cost":1e999999,"x":-0.0e-999999,"y":"\udc00"}"#),
    ])
    func `what is only odd is taken`(answer: String) async {
        let server = ScriptedServer { peer in if peer.receive() != nil { peer.send(answer) } }
        let verdict = await client(server).submit(model: "m", input: "{}")
        guard case .bought("r-1", _) = verdict else { return #expect(Bool(false), "\(verdict)") }
    }

    @Test func `an answer that drips in ends with its time, and the POST is in doubt`() async throws {
        let server = ScriptedServer { peer in
            guard peer.receive() != nil else { return }
            // A byte at a time, for as long as anybody listens.
            for byte in ScriptedServer.answer(Self.wide).utf8 {
                peer.send([byte])
                if peer.isClosed(after: 10) { return }
            }
        }
        let client = client(server, within: .milliseconds(500))
        #expect(await client.submit(model: "m", input: "{}").doubt != nil)
        #expect(try await client.status(of: "r-1").isAskedAgain)
        #expect(server.requests.count == 2)
    }

    @Test(
        arguments: [
            ("0", .zero), ("2", .seconds(2)), ("-5", nil), ("1e9", nil),
            ("99999999999999999999", .seconds(3600)), ("Fri, 31 Dec 9999 23:59:59 GMT", .seconds(3600)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", .zero), ("tomorrow, \u{1B}[31m", nil), ("", nil),
        ] as [(String, Duration?)])
    func `a wish to be left alone is heard within bounds, and never taken for more than a no`(
        value: String, expected: Duration?
    ) async throws {
        for status in ["429 Slow", "503 Busy"] {
            let server = ScriptedServer(
                answering: ScriptedServer.answer(
                    "<html>", status: status, headers: "Retry-After: \(value)\r\n"))
            let verdict = await client(server).submit(model: "m", input: "{}")
            // A submission that is not wanted now holds back the others, however long.
            guard case .notBought(_, expected ?? .zero) = verdict,
                case .stopped(.tryLater(_, expected)) = try await client(server).status(of: "r-1")
            else {
                Issue.record("\(status) \(value): \(verdict)")
                continue
            }
        }
    }
}
