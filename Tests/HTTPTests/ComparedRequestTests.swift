import ScriptedServer
import System
import Testing

@testable import HTTP

/// Requests whose answers are compared with the known ones.
@Suite(.timeLimit(.minutes(10))) struct ComparedRequestTests {
    private let client: HTTPClient

    init() throws { client = try HTTPClient(userAgent: "jobd/1") }

    /// The answers, in the order of the tags.
    private func answers(to requests: [ComparedRequest]) async throws -> [ComparedAnswer] {
        let (stream, heard) = AsyncStream.makeStream(of: AnswerReceiver.Answers.self)
        client.compare(requests, AnswerReceiver { heard.yield($0) })
        var answers: AnswerReceiver.Answers = []
        for await some in stream {
            answers += some
            if answers.count == requests.count { break }
        }
        return answers.sorted { $0.tag < $1.tag }.map(\.answer)
    }

    private func isSame(_ answer: ComparedAnswer?) -> Bool { if case .same = answer { true } else { false } }

    private func body(_ answer: ComparedAnswer?) -> String? {
        guard case .other(.success(let response), _) = answer else { return nil }
        return String(decoding: response.body, as: UTF8.self)
    }

    @Test func `the same answer is not read and any other is`() async throws {
        let server = ScriptedServer { peer in
            while let request = peer.receive() {
                switch request.line.split(separator: " ")[1] {
                case "/same": peer.send(ScriptedServer.answer("queue: 1"))
                case "/changed": peer.send(ScriptedServer.answer("queue: 2"))
                case "/longer": peer.send(ScriptedServer.answer("queue: 1 "))
                case "/refused": peer.send(ScriptedServer.answer("queue: 1", status: "500 No"))
                default:
                    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nqueue: 1")
                    return
                }
            }
        }
        let known = AnswerDigest(status: 200, body: Array("queue: 1".utf8))
        let paths = ["same", "changed", "longer", "refused", "cut"]
        var requests = paths.enumerated().map { index, path in
            ComparedRequest(HTTPRequest(url: "\(server.url)/\(path)"), tag: Int64(index), known: known)
        }
        requests.append(ComparedRequest(HTTPRequest(url: server.url + "/same"), tag: 5, known: nil))
        let answers = try await answers(to: requests)
        #expect(isSame(answers[0]))
        #expect(answers[1...3].map(body) == ["queue: 2", "queue: 1 ", "queue: 1"])
        guard case .other(.failure(.noAnswer), nil) = answers[4] else { return #expect(Bool(false)) }
        guard case .other(_, known) = answers[5] else { return #expect(Bool(false)) }
    }

    @Test func `what cannot be sent or is cut off by the end is answered all the same`() async throws {
        let server = ScriptedServer { peer in while peer.receive() != nil {} }
        let bad = ComparedRequest(HTTPRequest(url: ""), tag: 0, known: nil)
        guard case .other(.failure(.badRequest), nil) = try await answers(to: [bad])[0] else {
            return #expect(Bool(false))
        }
        let hanging = ComparedRequest(HTTPRequest(url: server.url), tag: 0, known: nil)
        async let cut = answers(to: [hanging])
        _ = await server.nextRequest()
        await client.shutdown()
        for answer in [try await cut, try await answers(to: [hanging])].joined() {
            guard case .other(.failure(.cancelled), nil) = answer else { return #expect(Bool(false)) }
        }
    }

    @Test func `a handle keeps nothing of a request that differs in more than its path`() async throws {
        let server = ScriptedServer(answering: ScriptedServer.answer("ok"))
        let other = ScriptedServer(answering: ScriptedServer.answer("ok"))
        var request = HTTPRequest(url: server.url + "/a", headers: ["X-A": "1"], bearerToken: "one")
        func send(_ change: (inout HTTPRequest) -> Void) async throws {
            change(&request)
            _ = try await client.send(request)
        }
        try await send { _ in }
        try await send { $0.url = server.url + "/b" }
        try await send { $0.bearerToken = "two" }
        try await send { $0.headers = ["X-A": "2"] }
        try await send { $0.bearerToken = nil }
        try await send { $0.url = other.url + "/c" }
        let heard = server.requests + other.requests
        #expect(heard.map { $0.line.split(separator: " ")[1] } == ["/a", "/b", "/b", "/b", "/b", "/c"])
        #expect(heard.map { $0.headers["x-a"] } == ["1", "1", "1", "2", "2", "2"])
        let tokens = ["Bearer one", "Bearer one", "Bearer two", "Bearer two", nil, nil]
        #expect(heard.map { $0.headers["authorization"] } == tokens)
        #expect(other.requests.map(\.line) == ["GET /c HTTP/1.1"])
    }

    @Test func `a request is like another one only at the same server`() {
        let request = { HTTPRequest(url: $0, bearerToken: "t") }
        for (url, isLike) in [
            ("http://127.0.0.1:80/b?c", true), ("http://127.0.0.1:81/a", false),
            ("http://127.0.0.1:80.x.test/a", false), ("https://127.0.0.1:80/a", false),
            ("http://127.0.0.1:80", false),
        ] {
            #expect(request(url).isLike(request("http://127.0.0.1:80/a")) == isLike, "\(url)")
        }
        #expect(!request("http://a").isLike(request("http://a")))
    }

    @Test func `answers without news wait for others and news does not wait`() {
        let heard = Locked<[[Int64]]>([])
        let receiver = AnswerReceiver { answers in heard.withLock { $0.append(answers.map(\.tag)) } }
        let start = SuspendingClock.now
        var held = HeldAnswers()
        func add(_ tag: Int64, _ answer: ComparedAnswer = .same) {
            held.add(answer, tag: tag, for: receiver, at: start)
            held.handOverIfDue(isLast: false, at: start)
        }
        add(1)
        add(2)
        #expect(heard.withLock { $0 } == [] && held.end != nil)
        add(3, .other(.failure(.cancelled), nil))
        #expect(heard.withLock { $0 } == [[1, 2, 3]] && held.end == nil)
        add(4)
        held.handOverIfDue(isLast: false, at: start + .seconds(1))
        add(5)
        held.handOverIfDue(isLast: true, at: start)
        #expect(heard.withLock { $0 } == [[1, 2, 3], [4], [5]])
        for tag in 6...100 { add(Int64(tag)) }
        #expect(heard.withLock { $0.count } > 3)
        add(101)
        let other = AnswerReceiver { answers in heard.withLock { $0.append(answers.map { -$0.tag }) } }
        held.add(.same, tag: 102, for: other, at: start)
        held.handOverIfDue(isLast: true, at: start)
        #expect(heard.withLock { $0.flatMap(\.self) } == Array(1...101) + [-102])
    }
}
