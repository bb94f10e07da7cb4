import HTTP
import JobModel
import Testing

@testable import Provider

@Suite struct ResultAnswerTests {
    private static let base = "https://files.runcomfy.net/u/1/"

    private func read(_ body: String, status: Int = 200) throws -> ResultAnswer {
        ResultAnswer.read(try Fixture.answer(status, body))
    }

    private func outputs(_ body: String) throws -> [String] {
        guard case .succeeded(let outputs, _) = try read(body) else { return [] }
        return outputs.map { "\($0.kind) \($0.url.replacing(Self.base, with: ""))" }
    }

    @Test func `a code within the error of a failed job is the jobs`() throws {
        for error in [#"[{"error":"no","errorCode":400004}]"#, #"{"message":"no","code":400002}"#] {
            guard case .failed = try read(#"{"status":"failed","error":\#(error)}"#) else {
                return #expect(Bool(false), "\(error)")
            }
        }
    }

    @Test(arguments: [
        ("result-image.json", ["image a.png"]),
        ("result-images.json", ["image a.png", "image b.png"]),
        ("result-video-and-images.json", ["video a.mp4", "image last.png", "audio a.mp3"]),
        ("result-bare-url.json", ["file a.webp"]),
        ("result-array-of-urls.json", ["file a.png", "file b.png"]),
        ("result-array-of-objects.json", ["file a.png", "file b.png"]),
        ("result-nested.json", ["video a.mp4"]),
        ("result-url-twice.json", ["image a.png", "image b.png"]),
        ("result-echoed-inputs.json", ["image a.png"]),
        ("result-cost-null.json", ["file a.png"]),
    ])
    func `every shape of output is read`(_ body: String, _ expected: [String]) throws {
        #expect(try outputs(body) == expected)
    }

    @Test(arguments: [
        #""ftp://a/b""#, #""data:image/png;base64,AAAA""#, #""a fox https://a/b""#, #""https:a""#,
        #""HTTPS""#, "7",
        "null", "true", "[]", "{}", #"["", null, {}]"#, #"{"image": ""}"#,
        #"{"image": "file:///etc/passwd"}"#,
    ])
    func `what is no web address is no output`(_ output: String) throws {
        let answer = try read(#"{"status":"succeeded","output":\#(output)}"#)
        #expect(answer == .unusable("finished without usable output", ResultFacts()))
    }

    @Test(arguments: [
        (
            #"{"images":["https://a/1.png","https://a/my file.png"]}"#,
            ["https://a/1.png", "https://a/my%20file.png"]
        ),
        (#"["https://a/1", " \n https://x/a b.png\t"]"#, ["https://a/1", "https://x/a%20b.png"]),
        (#"["https://a/1", "https://a/é\u0000"]"#, ["https://a/1", "https://a/%C3%A9%00"]),
        (#"["https://a/e\u0301", "https://a/é"]"#, ["https://a/e%CC%81", "https://a/%C3%A9"]),
        (
            #"["https://a/1", "data:image/png;base64,AAAA"]"#,
            ["https://a/1", "data:image/png;base64,AAAA"]
        ),
        (#"{"image":"/rel/x.png","images":["https://a/1"]}"#, ["/rel/x.png", "https://a/1"]),
        (
            #"{"images":[{"url":"https://a/1"},{"url":"file:///etc/passwd"}]}"#,
            ["https://a/1", "file:///etc/passwd"]
        ),
        (
            #"["https://a/1", "HTTPS://a/2", "https:a", "", "  "]"#,
            ["https://a/1", "HTTPS://a/2", "https:a"]
        ),
        (
            #"{"video":"https://a/1","seed":"7","note":"/rel","images":[{"id":"x"}, null]}"#,
            ["https://a/1"]
        ),
        (#"{"images":[{"url":"https://a/1","content_type":"image/png","name":"a b"}]}"#, ["https://a/1"]),
    ])
    func `whatever is named as an output counts as one, and is never left out`(
        _ output: String, _ expected: [String]
    ) throws {
        guard case .succeeded(let outputs, _) = try read(#"{"status":"succeeded","output":\#(output)}"#)
        else { return #expect(Bool(false)) }
        #expect(outputs.map(\.url) == expected)
    }

    @Test func `of a file in the answer itself only the beginning is kept`() throws {
        let file = "data:image/png;base64," + String(repeating: "A", count: 1 << 20)
        let outputs = try outputs(#"{"status":"succeeded","output":["https://a/b","\#(file)","\#(file)"]}"#)
        #expect(outputs == ["file https://a/b", "file " + file.prefix(2_000)])
    }

    @Test func `more outputs than any job has are an error that says how many`() throws {
        func answer(_ count: Int) -> String {
            let urls = (0..<count).map { #""https://a/\#($0)""# }.joined(separator: ",")
            // The first one named once more is no other output.
            return #"{"status":"succeeded","cost":0.5,"output":["https://a/0",\#(urls)]}"#
        }
        #expect(try outputs(answer(10_000)).count == 10_000)
        let message = "the answer names 10001 outputs; no job has more than 10000"
        #expect(try read(answer(10_001)) == .unusable(message, ResultFacts(cost: 0.5)))
    }

    @Test func `succeeded without output is unusable`() throws {
        #expect(
            try read("result-missing-output.json")
                == .unusable("finished without usable output", ResultFacts()))
        #expect(
            try read("result-empty-output.json")
                == .unusable("finished without usable output", ResultFacts(cost: 0.03)))
    }

    @Test func `cost and times are read where they are`() throws {
        guard case .succeeded(_, let facts) = try read("result-image.json") else {
            return #expect(Bool(false))
        }
        #expect(
            facts == ResultFacts(createdAt: "2026-01-02 03:04:05.331", finishedAt: "2026-01-02 03:04:09.500"))
        guard case .succeeded(_, let dear) = try read("result-images.json") else {
            return #expect(Bool(false))
        }
        #expect(dear == ResultFacts(cost: 0.06))
        guard case .succeeded(_, let unknown) = try read("result-cost-null.json") else {
            return #expect(Bool(false))
        }
        #expect(unknown.cost == nil && unknown.costIsDue && !dear.costIsDue)
        for nonsense in ["-1", "1e999", "\"free\"", "{}"] {
            let answer = try read(
                #"{"status":"failed","cost":\#(nonsense),"created_at":"now","finished_at":7}"#)
            #expect(answer == .failed("the service gave no reason", ResultFacts()))
        }
    }

    @Test(arguments: [
        ("result-failed-text.json", "the prompt was rejected", Double?(0)),
        ("result-failed-object.json", "out of memory (OOM)", nil),
        ("result-failed-array.json", "face not found (1001); frame too dark (1002)", nil),
        ("result-failed-message.json", "the worker was lost", nil),
        ("result-failed-reason.json", "content policy", nil),
        ("result-failed-silent.json", "the service gave no reason", nil),
        ("result-failed-with-code.json", "the node crashed", nil),
    ])
    func `every shape of failure becomes one message`(_ body: String, _ message: String, _ cost: Double?)
        throws
    {
        #expect(try read(body) == .failed(message, ResultFacts(cost: cost)))
    }

    @Test func `a message is cut`() throws {
        let long = String(repeating: "é", count: 2000)
        guard case .failed(let message, _) = try read(#"{"status":"failed","error":"\#(long)"}"#) else {
            return #expect(Bool(false))
        }
        #expect(message.count == 500)
    }

    /// One letter with a million accents is one character to people, and megabytes to a database.
    @Test func `a text of one endless letter is cut too`() throws {
        let letter = "e" + String(repeating: "\u{301}", count: 1 << 20)
        guard case .failed(let message, _) = try read(#"{"status":"failed","error":"\#(letter)"}"#),
            case .unfinished(.unknown(let word), _) = try read(#"{"status":"\#(letter)"}"#)
        else { return #expect(Bool(false)) }
        #expect(message.utf8.count < 4000 && word.utf8.count < 400)
    }

    @Test func `a failed job's code is the job's and not the call's`() throws {
        let body = #"{"request_id":"r","status":"failed","error_code":400002,"error_message":"no balance"}"#
        #expect(try read(body) == .failed("no balance", ResultFacts()))
    }

    @Test func `an error with HTTP 200 is no result`() throws {
        guard case .stopped(.gone) = try read("error-not-found.json"),
            case .stopped(.account(.token, _)) = try read("error-account.json"),
            case .stopped(.denied) = try read("error-permission.json"),
            case .stopped(.tryLater) = try read(
                #"{"status":"succeeded","error_code":500001,"output":"https://a/b"}"#)
        else { return #expect(Bool(false)) }
    }

    @Test func `what is not finished is waited for`() throws {
        #expect(try read("result-in-progress.json") == .unfinished(.inProgress, queuePosition: nil))
        #expect(try read("status-in-queue.json") == .unfinished(.inQueue, queuePosition: 3))
        #expect(
            try read("status-unknown-word.json") == .unfinished(.unknown("warming_up"), queuePosition: nil))
        // Never success, whatever else the answer says.
        let odd = #"{"status":"successful","output":"https://a/b"}"#
        #expect(try read(odd) == .unfinished(.unknown("successful"), queuePosition: nil))
    }

    @Test func `cancelled is cancelled`() throws {
        #expect(
            try read("result-cancelled.json")
                == .cancelled(ResultFacts(finishedAt: "2026-01-02 03:04:05.000")))
        #expect(try read("status-cancelled.json") == .cancelled(ResultFacts()))
    }

    @Test func `completed is judged by the rest of the answer`() throws {
        #expect(try outputs(#"{"status":"completed","output":["https://a/b"]}"#) == ["file https://a/b"])
        #expect(try read(#"{"status":"completed","error":"no"}"#) == .failed("no", ResultFacts()))
        #expect(
            try read("status-completed.json") == .unusable("finished without usable output", ResultFacts()))
    }

    @Test func `a failed status behind an error status is no result`() throws {
        for status in [500, 502, 404] {
            guard case .stopped = try read("result-failed-text.json", status: status) else {
                return #expect(Bool(false))
            }
        }
        #expect(try read("gateway-timeout.html", status: 504).isAskedAgain)
        for body in ["gateway-timeout.html", "{}"] { #expect(try read(body).isAskedAgain) }
    }
}
