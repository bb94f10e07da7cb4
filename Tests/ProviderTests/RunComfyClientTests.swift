import HTTP
import JobModel
import ScriptedServer
import Testing

@testable import Provider

/// The calls as they go over the wire.
@Suite(.timeLimit(.minutes(10))) struct RunComfyClientTests {
    private func client(_ server: ScriptedServer, token: String? = "secret") throws -> RunComfyClient {
        RunComfyClient(http: try HTTPClient(userAgent: "jobd/1"), baseURL: server.url + "/") { token }
    }

    private func server(_ body: String, _ status: String = "200 OK") throws -> ScriptedServer {
        let text = String(decoding: try Fixture.answer(200, body).body, as: UTF8.self)
        return ScriptedServer(answering: ScriptedServer.answer(text, status: status))
    }

    @Test func `a submission sends the input as it is and once`() async throws {
        let server = try server("submit-accepted.json")
        let input = #"{ "prompt": "ä", "seed": 12345678901234567890, "scale": 1.0 }"#
        let answer = try await client(server).submit(
            model: "bytedance/seedream-4-0/edit", input: SentInput(input))
        guard case .bought = answer else { return #expect(answer == .refused("")) }
        #expect(server.requests.map(\.line) == ["POST /v1/models/bytedance/seedream-4-0/edit HTTP/1.1"])
        #expect(server.requests[0].body == input)
        #expect(server.requests[0].headers["content-type"] == "application/json")
        #expect(server.requests[0].headers["authorization"] == "Bearer secret")
    }

    @Test func `a submission that may not leave any more is not bought`() async throws {
        let server = try server("submit-accepted.json")
        let answer = try await client(server).submit(model: "a/b", input: "{}") { false }
        guard case .unreachable = answer else { return #expect(answer == .unreachable("")) }
        #expect(server.requests.isEmpty)
    }

    @Test func `the other calls ask their own paths`() async throws {
        let server = try server("status-in-progress.json")
        let client = try client(server)
        #expect(try await client.status(of: "req-1") == .known(.inProgress, queuePosition: nil))
        #expect(
            try await client.result(of: "req-1", model: nil) == .unfinished(.inProgress, queuePosition: nil))
        _ = try await client.cancel("req-1")
        _ = try await client.models(offset: 500, limit: 250)
        _ = try await client.model("a/b")
        _ = try await client.balance(at: server.url + "/prod/v2/balance")
        #expect(
            server.requests.map(\.line) == [
                "GET /v1/requests/req-1/status HTTP/1.1",
                "GET /v1/requests/req-1/result?include_cost=true HTTP/1.1",
                "POST /v1/requests/req-1/cancel HTTP/1.1",
                "GET /v1/models?include_schema=true&limit=250&offset=500 HTTP/1.1",
                "GET /v1/models/a/b HTTP/1.1",
                "GET /prod/v2/balance HTTP/1.1",
            ])
        #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer secret" })
    }

    /// Who says nothing of encodings takes any; there are servers that encode all the same.
    @Test func `answers are asked for unencoded and read all the same`() async throws {
        let body: [UInt8] = [
            0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3, 0xAB, 0x56, 0x2A, 0x2E, 0x49, 0x2C, 0x29, 0x2D, 0x56, 0xB2,
            0x52, 0xCA, 0xCC,
            0x8B, 0x2F, 0x28, 0xCA, 0x4F, 0x2F, 0x4A, 0x2D, 0x2E, 0x56, 0xAA, 5, 0, 0xED, 0xC4, 0x68, 0x22,
            0x18, 0, 0, 0,
        ]
        let server = ScriptedServer { peer in
            while peer.receive() != nil {
                peer.send(
                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(body.count)\r\n\r\n")
                peer.send(body)
            }
        }
        let client = try client(server)
        #expect(try await client.status(of: "r-1") == .known(.inProgress, queuePosition: nil))
        // A submission is never sent again, for whatever reason.
        #expect(await client.submit(model: "a/b", input: "{}").doubt != nil)
        #expect(server.requests.count { $0.line.hasPrefix("POST") } == 1)
        #expect(server.requests.allSatisfy { $0.headers["accept-encoding"] == "identity" })
    }

    @Test func `an answer that is only called encoded is read as it is`() async throws {
        let server = ScriptedServer(
            answering: ScriptedServer.answer(
                #"{"status":"in_progress"}"#, headers: "Content-Encoding: gzip\r\n"))
        #expect(try await client(server).status(of: "r-1") == .known(.inProgress, queuePosition: nil))
        #expect(server.requests.count == 1)
    }

    @Test func `without a token nothing is sent`() async throws {
        let server = try server("submit-accepted.json")
        for token in [nil, ""] {
            let client = try client(server, token: token)
            #expect(
                await client.submit(model: "a/b", input: "{}") == .accountFault(.token, "there is no token"))
            #expect(try await client.status(of: "r-1") == .stopped(.account(.token, "there is no token")))
            #expect(try await client.cancel("r-1") == .stopped(.account(.token, "there is no token")))
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `what would lead elsewhere is not sent`() async throws {
        let server = try server("submit-accepted.json")
        let client = try client(server)
        guard case .refused = await client.submit(model: "../requests", input: "{}") else {
            return #expect(Bool(false))
        }
        for id in ["../models/a", "a?b", ""] {
            guard case .stopped(.misnamed) = try await client.status(of: id),
                case .stopped(.misnamed) = try await client.result(of: id, model: nil),
                case .stopped(.misnamed) = try await client.cancel(id)
            else { return #expect(Bool(false)) }
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `a redirect does not carry the token away`() async throws {
        let thief = try server("submit-accepted.json")
        let server = ScriptedServer(
            answering: ScriptedServer.answer(
                "", status: "308 Permanent Redirect", headers: "Location: \(thief.url)/v1/models/a\r\n"))
        let client = try client(server)
        #expect(await client.submit(model: "a", input: "{}").doubt != nil)
        #expect(try await client.status(of: "r-1").isAskedAgain)
        #expect(thief.connections == 0)
        #expect(server.requests.count == 2)
    }

    @Test func `an answer that is cut leaves a submission uncertain and is not repeated`() async throws {
        let server = ScriptedServer { peer in
            guard peer.receive() != nil else { return }
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{\"request_id\":\"r-1\"")
            peer.reset()
        }
        let raw = try #require(try await client(server).submit(model: "a", input: "{}").doubt).raw
        #expect(raw == "{\"request_id\":\"r-1\"" || raw == "")
        #expect(server.requests.count == 1)
    }

    /// What a look is answered with, read as a status.
    private func look(_ client: RunComfyClient, at id: String) async throws -> StatusAnswer {
        let (answers, heard) = AsyncStream.makeStream(of: ComparedAnswer.self)
        client.look(
            [Look(job: 7, requestID: id, known: nil)],
            AnswerReceiver { for (job, answer) in $0 where job == 7 { heard.yield(answer) } })
        guard case .other(let answer, _) = await answers.first(where: { _ in true }) else {
            return .stopped(.misnamed("no answer"))
        }
        return try await client.status(of: id, from: answer)
    }

    @Test func `a look asks what a status call asks and means the same`() async throws {
        let server = try server("status-in-progress.json")
        #expect(try await look(client(server), at: "req-1") == .known(.inProgress, queuePosition: nil))
        #expect(server.requests.map(\.line) == ["GET /v1/requests/req-1/status HTTP/1.1"])
        #expect(server.requests[0].headers["authorization"] == "Bearer secret")
        #expect(server.requests[0].headers["accept-encoding"] == "identity")
        let nobody = try client(server, token: nil)
        #expect(try await look(nobody, at: "r-1") == .stopped(.account(.token, "there is no token")))
        guard case .stopped(.misnamed) = try await look(client(server), at: "../models/a") else {
            return #expect(Bool(false))
        }
        #expect(server.requests.count == 1)
        let echo = ScriptedServer(answering: ScriptedServer.answer("s3cret-token", status: "500 No"))
        let answer = try await look(client(echo, token: "s3cret-token"), at: "r-1")
        #expect(answer.isAskedAgain && !"\(answer)".contains("s3cret-token"))
    }

    @Test func `a token that is echoed is not handed on`() async throws {
        let token = "s3cret-token"
        for (status, body) in [
            ("401 No", #"{"message":"bad token s3cret-token"}"#),
            ("422 No", #"{"detail":"Authorization: Bearer s3cret-token, s3cret-token"}"#),
            ("500 No", "s3cret-token"), ("200 OK", #"{"request_id":"s3cret-token"}"#),
            ("200 OK", #"{"status":"failed","error":"s3cret-tokes3cret-token"}"#),
        ] {
            let server = ScriptedServer(answering: ScriptedServer.answer(body, status: status))
            let client = try client(server, token: token)
            #expect(!"\(await client.submit(model: "a/b", input: "{}"))".contains(token), "\(body)")
            #expect(!"\(try await client.status(of: "r-1"))".contains(token), "\(body)")
            #expect(!"\(try await client.result(of: "r-1", model: nil))".contains(token), "\(body)")
        }
        // Cut in the middle, it is kept as far as it came.
        let cut = ScriptedServer { peer in
            _ = peer.receive()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"echo\":\"s3cret-token\"")
        }
        #expect(!"\(try await client(cut, token: token).submit(model: "a/b", input: "{}"))".contains(token))
    }

    @Test func `a service that cannot be reached bought nothing`() async throws {
        let client = RunComfyClient(http: try HTTPClient(userAgent: "a/1"), baseURL: "https://127.0.0.1:1") {
            "secret"
        }
        let answer = await client.submit(model: "a", input: "{}")
        guard case .unreachable(let reason) = answer else { return #expect(answer == .refused("")) }
        #expect(!reason.contains("secret"))
        #expect(try await client.status(of: "r-1").isAskedAgain)
    }

    @Test func `a cancelled question is called off and a cancelled submission is in doubt`() async throws {
        let server = ScriptedServer { peer in while peer.receive() != nil {} }
        let client = try client(server)
        let question = Task { try await client.status(of: "r-1") }
        _ = await server.nextRequest()
        question.cancel()
        await #expect(throws: CancellationError.self) { try await question.value }
        let submission = Task { await client.submit(model: "a", input: "{}") }
        _ = await server.nextRequest()
        submission.cancel()
        #expect(await submission.value.doubt != nil)
    }
}
