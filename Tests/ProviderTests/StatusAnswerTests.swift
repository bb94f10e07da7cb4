import HTTP
import JobModel
import Testing

@testable import Provider

@Suite struct StatusAnswerTests {
    private func read(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) throws -> StatusAnswer {
        StatusAnswer.read(try Fixture.answer(status, body, headers))
    }

    @Test(arguments: [
        ("status-in-queue.json", RemoteStatus.inQueue, Int64?(3)),
        ("status-in-progress.json", .inProgress, nil),
        ("status-completed.json", .completed, nil),
        ("status-cancelled.json", .cancelled, nil),
        ("status-upper-case.json", .inProgress, nil),
        ("status-unknown-word.json", .unknown("warming_up"), nil),
    ])
    func `every known shape is read`(_ body: String, _ status: RemoteStatus, _ position: Int64?) throws {
        #expect(try read(200, body) == .known(status, queuePosition: position))
    }

    @Test(arguments: [
        ("in_queue", RemoteStatus.inQueue), ("queued", .inQueue), ("PENDING", .inQueue),
        ("waiting", .inQueue), ("in_progress", .inProgress), ("Starting", .inProgress),
        ("processing", .inProgress), ("running", .inProgress), ("completed", .completed),
        ("succeeded", .succeeded), ("SUCCESS", .succeeded), ("failed", .failed), ("error", .failed),
        ("cancelled", .cancelled), ("Canceled", .cancelled), ("done?", .unknown("done?")),
        ("successful", .unknown("successful")),
    ])
    func `every spelling that the service may use is known`(_ word: String, _ status: RemoteStatus) {
        #expect(RemoteStatus(word: word) == status)
    }

    @Test(arguments: [
        "in_queue", "in_progress", "completed", "succeeded", "failed", "cancelled", "something_new",
    ])
    func `a status is written in one spelling`(_ word: String) {
        #expect(RemoteStatus(word: word).word == word)
    }

    @Test(arguments: [
        (404, "error-not-found.json"), (200, "error-not-found.json"), (500, "error-not-found.json"),
        (404, #"{"error":{"code":404001,"message":"ResourceNotFound"}}"#),
    ])
    func `only the service's own code says that a request is gone`(_ status: Int, _ body: String) throws {
        guard case .stopped(.gone) = try read(status, body) else { return #expect(Bool(false)) }
    }

    @Test(arguments: [
        (404, ""), (404, "not here"), (410, "gone"),
        (404, #"{"message":"no Route matched with those values"}"#),
        (404, #"{"detail":"Not Found"}"#), (404, #"{"error_code":404002}"#),
        (200, #"{"error":{"code":404001}}"#), (404, "gateway-timeout.html"),
    ])
    func `a not found of another kind says nothing of the request`(_ status: Int, _ body: String) throws {
        #expect(try read(status, body).isAskedAgain)
    }

    @Test func `an ID that the service cannot read is not called gone`() throws {
        guard case .stopped(.misnamed) = try read(400, "error-invalid-identifier.json") else {
            return #expect(Bool(false))
        }
    }

    @Test(arguments: [
        (#"{"status":"completed"}"#, true), (#"{"status":"completed","request_id":"r"}"#, true),
        (#"{"status":"completed","request_id":null}"#, true),
        (#"{"status":"completed","request_id":"r","model":"Seedream 4","model_id":"A/B"}"#, true),
        (#"{"status":"completed","request_id":"R"}"#, false),
        (#"{"status":"completed","request_id":5}"#, false),
        (#"{"status":"completed","model":"a/c"}"#, false), (#"{"status":"completed","model_id":"c"}"#, true),
        (#"{"status":"completed","model_id":"a/c"}"#, false),
        (#"{"error_code":404001,"request_id":"other"}"#, false),
    ])
    func `an answer about something else is no answer`(_ body: String, isAnswer: Bool) throws {
        let subject = Subject(requestID: "r", model: "a/b")
        let response = try Fixture.answer(200, body)
        let status = StatusAnswer.read(response, about: subject)
        #expect((status == .known(.completed, queuePosition: nil)) == isAnswer)
        if isAnswer { return }
        #expect(status.isAskedAgain && ResultAnswer.read(response, about: subject).isAskedAgain)
        #expect(CancelAnswer.read(response, about: subject).isAskedAgain)
    }

    @Test func `someone elses request is denied`() throws {
        for status in [200, 400, 403] {
            #expect(
                try read(status, "error-permission.json")
                    == .stopped(.denied("HTTP \(status): PermissionDeniedError")))
        }
    }

    @Test func `the account's faults are told apart`() throws {
        for status in [200, 400, 403] {
            guard case .stopped(.account(.balance, _)) = try read(status, "error-balance.json"),
                case .stopped(.account(.token, _)) = try read(status, "error-account.json")
            else { return #expect(Bool(false), "\(status)") }
        }
        #expect(try read(401, "") == .stopped(.account(.token, "HTTP 401")))
        #expect(try read(402, "") == .stopped(.account(.balance, "HTTP 402")))
        #expect(try read(403, "error-message.json") == .stopped(.account(.token, "HTTP 403: Forbidden")))
    }

    @Test func `a page is shown in part and asked again`() throws {
        for status in [200, 403, 502, 504, 520, 524] {
            guard
                case .stopped(.tryLater(let reason, retryAfter: nil)) = try read(
                    status, "gateway-timeout.html")
            else { return #expect(Bool(false), "\(status)") }
            #expect(reason.hasPrefix("HTTP \(status): <!DOCTYPE html> <html>"))
            #expect(reason.count <= 200 + "HTTP 504: ".count)
        }
    }

    @Test(arguments: [
        "", "[]", "7", "{}", "{\"status\":null}", "{\"status\":7}", "{\"status\":\"\"}", "{\"status\"",
    ])
    func `an answer that makes no sense is asked again`(_ body: String) throws {
        #expect(try read(200, body).isAskedAgain)
    }

    @Test func `the servers wish to be left alone is heard`() throws {
        for status in [429, 500, 503] {
            let answer = try read(status, "", ["Retry-After": "12"])
            #expect(answer == .stopped(.tryLater("HTTP \(status)", retryAfter: .seconds(12))))
        }
    }

    @Test(arguments: [301, 400, 409, 422, 500, 503])
    func `no other status says anything of the job`(_ status: Int) throws {
        for body in ["error-message.json", "status-completed.json"] {
            #expect(try read(status, body).isAskedAgain)
        }
    }
}
