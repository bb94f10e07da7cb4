import HTTP
import JobModel
import Testing

@testable import Provider

@Suite struct SubmitAnswerTests {
    private func read(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) throws -> SubmitAnswer {
        SubmitAnswer.read(try Fixture.answer(status, body, headers))
    }

    @Test(arguments: [200, 201, 202])
    func `a usable id is bought`(_ status: Int) throws {
        let answer = try read(status, "submit-accepted.json")
        guard case .bought(let id, let raw) = answer else { return #expect(answer == .refused("")) }
        #expect(id == "f3b0c2d4-5a6e-4f70-8192-a3b4c5d6e7f8")
        #expect("\(raw)".contains("cancel_url"))
        // Neither a zero, nor null, nor a message is an error.
        for more in [#""error_code":0,"message":"""#, #""error_code":null,"error":null"#, #""message":"ok""#]
        {
            guard case .bought = try read(status, #"{"request_id":"a",\#(more)}"#) else {
                return #expect(Bool(false), "\(more)")
            }
        }
    }

    @Test(arguments: [
        "submit-without-id.json", "submit-unusable-id.json", "gateway-timeout.html", "error-message.json",
        "error-with-id.json", "", "null", "[]", "{}", "{\"request_id\":\"abc\"", "{\"request_id\":\"\"}",
        "{\"request_id\":7}", "{\"request_id\":null}", "{\"error_code\":500001,\"error_message\":\"oops\"}",
    ])
    func `any other 2xx is uncertain and kept as it came`(_ body: String) throws {
        #expect(try read(200, body).doubt?.raw.bytes == Fixture.answer(200, body).body)
    }

    @Test func `what is kept is bounded`() throws {
        let (reason, raw) = try #require(try read(500, String(repeating: "x", count: 3 << 20)).doubt)
        #expect(raw.bytes.count == 1 << 20)
        #expect(reason.utf8.count < 300)
    }

    /// The codes come with any status, 200 and 500 among them.
    @Test(arguments: [200, 400, 401, 402, 403, 404, 422, 429, 500, 503])
    func `the account's codes are the account's fault`(_ status: Int) throws {
        let balance = try read(status, "error-balance.json")
        #expect(
            balance == .accountFault(.balance, "HTTP \(status): InsufficientResources: top up your balance"))
        let token = try read(status, "error-account.json")
        #expect(token == .accountFault(.token, "HTTP \(status): UserAccountError: token expired"))
    }

    @Test(arguments: [200, 400, 403, 500])
    func `the accounts codes are seen within an error`(_ status: Int) throws {
        for body in [
            #"{"error":{"code":400002,"message":"top up"}}"#, #"{"error":{"error_code":"400002"}}"#,
            #"{"error":[{"error":"top up","errorCode":400002}]}"#,
        ] {
            guard case .accountFault(.balance, _) = try read(status, body) else {
                Issue.record("\(body): \(try read(status, body))")
                continue
            }
        }
        guard case .accountFault(.token, _) = try read(status, #"{"error":{"code":400004}}"#) else {
            return #expect(Bool(false))
        }
    }

    @Test func `an id beside a code within an error is bought`() throws {
        guard case .bought = try read(200, #"{"request_id":"a","error":{"code":400002}}"#) else {
            return #expect(Bool(false))
        }
    }

    @Test func `an inputs code within an error is the inputs fault`() throws {
        #expect(
            try read(400, #"{"error":{"code":400001,"message":"no such model"}}"#)
                == .refused("HTTP 400: no such model (400001)"))
    }

    @Test(arguments: ["", "gateway-timeout.html", "error-message.json", "error-permission.json"])
    func `an account's status is the account's fault whatever the body`(_ body: String) throws {
        for (status, fault) in [(401, Pause.Reason.token), (402, .balance), (403, .token)] {
            let answer = try read(status, body)
            guard case .accountFault(fault, _) = answer else { return #expect(answer == .refused("account")) }
        }
    }

    @Test(arguments: [
        ("error-invalid-identifier.json", "InvalidResourceIdentifier: no such model"),
        ("error-not-found.json", "ResourceNotFound"),
        ("error-permission.json", "PermissionDeniedError"),
        ("error-message.json", "Forbidden"),
        ("error-object.json", "bad aspect ratio (invalid_input)"),
        ("error-detail-text.json", "Not authenticated"),
        ("error-detail-array.json", "body.prompt: field required; body.images.0: not a URL"),
    ])
    func `any other 4xx of the service is final`(_ body: String, _ message: String) throws {
        for status in [400, 404, 408, 409, 413, 422] {
            #expect(try read(status, body) == .refused("HTTP \(status): \(message)"))
        }
    }

    @Test(arguments: ["", "gateway-timeout.html", "nope", "{}", "[1]", "\"text\"", "{\"unrelated\":1}"])
    func `a 4xx of anyone else is tried again`(_ body: String) throws {
        let lost = HTTPResponse(
            status: 404, body: Array(#"{"message":"no Route matched with those values"}"#.utf8))
        guard case .notBought = SubmitAnswer.read(lost) else { return #expect(Bool(false)) }
        for status in [400, 404, 408, 425, 451] {
            let answer = try read(status, body, ["Retry-After": "9"])
            guard case .notBought(_, .seconds(9)) = answer else { return #expect(answer == .refused("no")) }
        }
    }

    @Test(arguments: ["error-invalid-identifier.json", "error-permission.json", "error-not-found.json"])
    func `an error with HTTP 200 decides as its code says`(_ body: String) throws {
        guard case .refused = try read(200, body) else { return #expect(Bool(false)) }
        #expect(
            try read(200, #"{"error_code":429000}"#)
                == .notBought("HTTP 200: error 429000", retryAfter: .zero))
        #expect(try read(200, #"{"error_code":401001}"#) == .accountFault(.token, "HTTP 200: error 401001"))
    }

    @Test func `too many requests are tried again when the server says`() throws {
        #expect(
            try read(429, "error-message.json", ["Retry-After": "30"])
                == .notBought("HTTP 429: Forbidden", retryAfter: .seconds(30)))
        #expect(try read(429, "") == .notBought("HTTP 429", retryAfter: .zero))
    }

    @Test func `a 503 is a no only with its retry after`() throws {
        #expect(try read(503, "", ["retry-after": "5"]) == .notBought("HTTP 503", retryAfter: .seconds(5)))
        #expect(try read(503, "", ["retry-after": "soon"]) == .notBought("HTTP 503", retryAfter: .zero))
        #expect(try read(503, "busy") == .uncertain("HTTP 503: busy", raw: "busy"))
    }

    @Test(arguments: [301, 302, 307, 308, 304, 500, 502, 504, 520, 524, 599])
    func `everything else is uncertain`(_ status: Int) throws {
        for body in ["", "gateway-timeout.html", "error-message.json", "error-with-id.json"] {
            #expect(try read(status, body, ["Retry-After": "5"]).doubt != nil)
        }
    }

    @Test func `a connection that never was bought nothing`() {
        for error in [HTTPError.neverConnected("refused"), .unavailable("no files"), .badRequest("no")] {
            #expect(SubmitAnswer.read(error) == .unreachable("\(error)"))
        }
    }

    @Test func `a lost answer is uncertain and keeps what came`() {
        let partial = HTTPResponse(status: 200, body: Array("{\"request_id\":\"r-1\"".utf8))
        #expect(
            SubmitAnswer.read(.noAnswer("reset", partial: partial))
                == .uncertain("no complete answer: reset", raw: "{\"request_id\":\"r-1\""))
        #expect(
            SubmitAnswer.read(.noAnswer("time", partial: nil))
                == .uncertain("no complete answer: time", raw: ""))
        #expect(SubmitAnswer.read(.cancelled) == .uncertain("cancelled", raw: ""))
        // A cut 4xx may have been anything: only a whole answer is a no.
        let refusal = HTTPResponse(status: 422, body: Array("{\"detail\":\"x\"}".utf8))
        #expect(SubmitAnswer.read(.noAnswer("cut", partial: refusal)).doubt != nil)
    }

    @Test func `an endless answer is judged by its beginning`() {
        let beginning = Array("{\"request_id\":\"a\",\"x\":\"".utf8)
        #expect(SubmitAnswer.read(.bodyTooLarge(HTTPResponse(status: 200, body: beginning))).doubt != nil)
        guard case .notBought = SubmitAnswer.read(.bodyTooLarge(HTTPResponse(status: 404, body: beginning)))
        else { return #expect(Bool(false)) }
    }
}
