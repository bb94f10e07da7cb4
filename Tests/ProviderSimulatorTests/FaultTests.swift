import Dispatch
import Glibc
import JSON
import Scratch
import System
import Testing

@testable import ProviderSimulator

@Suite struct FaultTests {
    /// One POST under a fault: the answer, and how many requests were accepted.
    private func post(_ fault: String, _ prompt: String = "x") throws -> (reply: Reply?, accepted: Int) {
        let stage = try RunningSimulator { if !fault.isEmpty { try $0.addFault(fault) } }
        let reply = stage.client.post("/v1/models/\(RunningSimulator.picture)", "{\"text\":\"\(prompt)\"}")
        return (reply, try stage.ledger().count - 1)
    }

    @Test func `a POST that dies is in the ledger only if it was accepted`() throws {
        for (fault, accepted) in [("submit:cut-before", 0), ("submit:cut-after", 1)] {
            let (reply, count) = try post(fault)
            #expect(reply == nil)
            #expect(count == accepted)
        }
        let (half, count) = try post("submit:cut-body")
        #expect(half?.isWhole == false)
        #expect(count == 1)
    }

    @Test(arguments: [
        ("submit:500", 500, 0), ("submit:500;accept", 500, 1), ("submit:429;retry-after=2", 429, 0),
        ("submit:503;retry-after=1", 503, 0), ("submit:html-502", 502, 0), ("submit:html", 200, 0),
        ("submit:200-error-400002", 200, 0), ("submit:no-id", 200, 1), ("submit:bad-id", 200, 1),
        ("submit:foreign-urls", 200, 1), ("submit:blank", 200, 0), ("submit:blank;accept", 200, 1),
        ("submit:delay=10ms", 200, 1), ("token:reject", 401, 0), ("token:reject;as=400", 400, 0),
        ("submit:no-balance", 402, 0), ("submit:no-balance;as=400", 400, 0),
    ])
    func `a POST is answered as ordered`(fault: String, status: Int, accepted: Int) throws {
        let (reply, count) = try post(fault)
        let answer = try #require(reply)
        #expect(answer.status == status)
        #expect(count == accepted)
        let parsed = try FaultParser.parse(fault)
        #expect(answer.headers["retry-after"] == parsed.retryAfter)
        switch parsed.effect {
        case .html:
            #expect(answer.headers["content-type"] == "text/html" && answer.text.hasPrefix("<!DOCTYPE"))
        case .errorInOK: #expect(answer.json["error_code"]?.integer == 400002)
        case .noID: #expect(answer.json["request_id"] == nil && answer.json["status_url"] != nil)
        case .badID: #expect(answer.json["request_id"]?.string?.contains("/") == true)
        case .foreignURLs: #expect(answer.json["cancel_url"]?.string?.hasPrefix("https://elsewhere") == true)
        case .blank: #expect(answer.body.isEmpty)
        case .reject: #expect(answer.json["error_code"]?.integer == 400004)
        case .noBalance: #expect(answer.json["error_code"]?.integer == 400002)
        default: #expect(status == 200 || answer.json["error_message"] != nil)
        }
    }

    @Test func `a call that is held is answered once the faults change`() throws {
        let stage = try RunningSimulator { try $0.addFault("submit:hold") }
        let port = stage.client.port
        let answer = Locked<Reply?>(nil)
        let isOver = DispatchSemaphore(value: 0)
        DispatchQueue(label: "a held call").async {
            let path = "/v1/models/\(RunningSimulator.picture)"
            let reply = WebClient(port: port).send("POST", path, [], #"{"text":"x"}"#, patience: 600)
            answer.withLock { $0 = reply }
            isOver.signal()
        }
        try eventually("it is accepted") { try stage.ledger().count == 2 }
        #expect(answer.withLock { $0 } == nil)
        #expect(stage.client.post("/_sim/faults", #"{"faults":[]}"#)?.status == 200)
        isOver.wait()
        #expect(answer.withLock { $0?.status } == 200)
    }

    @Test func `a call that hangs hangs`() throws {
        let stage = try RunningSimulator { try $0.addFault("submit:hang") }
        let reply = stage.client.send(
            "POST", "/v1/models/\(RunningSimulator.picture)", [], #"{"text":"x"}"#, patience: 1)
        #expect(reply == nil)
        #expect(try stage.ledger().count == 1)
    }

    @Test func `an error says it in the shape that was ordered`() throws {
        let keys: [(String, [String])] = [
            ("code", ["error_code", "error_message"]), ("message", ["message"]), ("error", ["error"]),
            ("error-object", ["error"]), ("error-array", ["error"]), ("detail", ["detail"]),
            ("detail-array", ["detail"]), ("failure-reason", ["failure_reason"]),
        ]
        for (body, expected) in keys {
            #expect(try post("submit:400;body=\(body)").reply?.json.object?.keys == expected)
        }
        #expect(try post("submit:400;body=none").reply?.body.isEmpty == true)
    }

    @Test(arguments: [
        ("status:html-504", 504, nil), ("status:404", 404, nil),
        ("status:unknown-word", 200, "reticulating_splines"),
        ("status:uppercase", 200, "COMPLETED"), ("status:word=processing", 200, "processing"),
    ])
    func `a status is spoiled as ordered`(fault: String, code: Int, word: String?) throws {
        let stage = try RunningSimulator { try $0.addFault(fault) }
        let id = try stage.submit()
        let reply = try #require(stage.client.get("/v1/requests/\(id)/status"))
        #expect(reply.status == code)
        #expect(reply.json["status"]?.string == word)
    }

    @Test func `a result is spoiled as ordered`() throws {
        let result = { (fault: String) in
            let stage = try RunningSimulator { try $0.addFault(fault) }
            return try stage.result(try stage.submit(), "?include_cost=true")
        }
        let usual = try result("result:failed")
        // A top-level error_code in a 2xx answer is an error of the call itself to RunComfy's own clients.
        #expect(usual["error_code"] == nil && usual["status"]?.string == "failed")
        #expect(usual["error"]?["message"]?.string == "simulated failure of the model")
        #expect(try result("result:failed;body=code")["error_code"] != nil)
        let failed = try result("result:failed;body=error-array")
        #expect(failed["status"]?.string == "failed")
        #expect(failed["error"]?.array?.first?["errorCode"] != nil && failed["output"] == nil)
        #expect(try result("result:failed;body=none").object?.keys.contains("error") == false)
        #expect(try result("result:cancelled")["status"]?.string == "cancelled")
        #expect(try result("result:empty")["output"] == .object([:]))
        #expect(try result("result:echo")["input"]?["image"]?.string?.hasSuffix("input.png") == true)
        #expect(try result("result:many=7")["output"]?["images"]?.array?.count == 7)
        #expect(try result("result:fewer=1")["output"]?["images"]?.array?.count == 2)
        let twice = try #require(result("result:duplicate-url")["output"]?["images"]?.array)
        #expect(twice.count == 4 && twice.first == twice.last)
        let foreign = try result("result:foreign-host")["output"]?["images"]?.array?.first?.string
        #expect(foreign?.hasPrefix("https://outputs.example.net/files/") == true)
        #expect(try result("result:not-yet")["status"]?.string == "in_progress")
        #expect(try result("result:no-cost")["cost"] == nil)
        #expect(try result("result:null-cost")["cost"] == .null)
        #expect(try result("result:time-digits=2")["created_at"]?.string?.count == 28)
        #expect(try result("result:word=success")["status"]?.string == "success")
    }

    @Test func `an output takes every shape`() throws {
        for shape in OutputShape.allCases {
            let stage = try RunningSimulator { try $0.addFault("result:shape-\(shape.rawValue)") }
            let id = try stage.submit()
            let output = try #require(try stage.result(id)["output"])
            switch shape {
            case .string: #expect(output.string?.hasSuffix("/1.png") == true)
            case .array: #expect(output.array?.count == 3 && output.array?.first?.string != nil)
            case .objects: #expect(output.array?.last?["url"]?.string?.hasSuffix("/3.png") == true)
            case .both: #expect(output["image"] == output["images"]?.array?.first)
            case .imageObject: #expect(output["image"]?["url"]?.string != nil)
            case .imageObjects: #expect(output["images"]?.array?.last?["url"]?.string != nil)
            case .nested: #expect(output["result"]?["images"]?.array?.count == 3)
            case .image, .video, .audio, .file: #expect(output[shape.rawValue]?.string != nil)
            case .images, .videos, .audios: #expect(output[shape.rawValue]?.array?.count == 3)
            }
        }
    }

    @Test func `cancels fail as ordered`() throws {
        let stage = try RunningSimulator {
            $0.queueSeconds = 600
            try $0.addFault("cancel:not-cancellable;times=1")
            try $0.addFault("cancel:500;times=2")
        }
        let path = "/v1/requests/\(try stage.submit())/cancel"
        #expect(stage.client.post(path)?.status == 500)
        #expect(stage.client.post(path)?.status == 500)
        #expect(stage.client.post(path)?.json["outcome"]?.string == "cancelled")
        let second = try RunningSimulator {
            $0.queueSeconds = 600
            try $0.addFault("cancel:not-cancellable")
        }
        let id = try second.submit()
        #expect(second.client.post("/v1/requests/\(id)/cancel")?.json["outcome"]?.string == "not_cancellable")
        #expect(try second.status(id)["status"]?.string == "in_queue")
    }

    @Test func `a fault strikes as often and as seldom as ordered`() throws {
        let stage = try RunningSimulator {
            try $0.addFault("status:500;times=2")
            try $0.addFault("result:500;model=other/*")
        }
        let id = try stage.submit()
        let codes = (0..<4).map { _ in stage.client.get("/v1/requests/\(id)/status")?.status }
        #expect(codes == [500, 500, 200, 200])
        #expect(stage.client.get("/v1/requests/\(id)/result")?.status == 200)
        let other = try stage.submit(model: "other/model")
        #expect(stage.client.get("/v1/requests/\(other)/result")?.status == 500)
        var book = FaultBook([try FaultParser.parse("status:500;p=0.3")], seed: 4)
        var again = book
        let strikes = (0..<1000).map { _ in !book.strike(.status, model: nil).isEmpty }
        #expect((200...400).contains(strikes.count { $0 }))
        let others = (0..<1000).map { _ in !again.strike(.status, model: nil).isEmpty }
        #expect(strikes == others)
    }

    @Test func `a prompt orders faults for its own job alone`() throws {
        let stage = try RunningSimulator()
        let cursed = try stage.submit(
            "a cat [[fault: status:500;times=1]] [[ fault: no ]] [[fault: result:failed]]")
        let plain = try stage.submit("a cat")
        #expect(stage.client.get("/v1/requests/\(plain)/status")?.status == 200)
        #expect(stage.client.get("/v1/requests/\(cursed)/status")?.status == 500)
        #expect(stage.client.get("/v1/requests/\(cursed)/status")?.status == 200)
        #expect(try stage.result(cursed)["status"]?.string == "failed")
        #expect(try stage.result(plain)["status"]?.string == "succeeded")
        let input = #"{"text":"x [[fault: submit:cut-after;times=1]]"}"#
        #expect(stage.client.post("/v1/models/\(RunningSimulator.picture)", input) == nil)
        #expect(stage.client.post("/v1/models/\(RunningSimulator.picture)", input)?.status == 200)
        #expect(try stage.ledger().count == 5)
        let wrong = stage.client.post(
            "/v1/models/\(RunningSimulator.picture)", #"{"text":"[[fault: submit:nonsense]]"}"#)
        #expect(wrong?.status == 422)
    }

    @Test func `faults change at run time`() throws {
        let stage = try RunningSimulator()
        #expect(stage.client.post("/_sim/faults", #"{"faults":["models:503"]}"#)?.status == 200)
        #expect(stage.client.post("/_sim/faults", #"{"add":["balance:html-520"]}"#)?.status == 200)
        #expect(stage.client.get("/v1/models")?.status == 503)
        #expect(stage.client.get("/prod/v2/balance")?.status == 520)
        let standing = stage.client.get("/_sim/faults")?.json["faults"]?.array
        #expect(standing?.map { $0["hits"]?.integer } == [1, 1])
        #expect(stage.client.post("/_sim/faults", #"{"faults":["models:nonsense"]}"#)?.status == 400)
        #expect(stage.client.post("/_sim/faults", "{}")?.status == 400)
        #expect(stage.client.post("/_sim/faults", #"{"faults":[]}"#)?.status == 200)
        #expect(stage.client.get("/v1/models")?.status == 200)
    }

    @Test(arguments: [
        "", "submit", "submit:", "nowhere:500", "submit:5000", "submit:99", "submit:html-abc", "submit:cut=5",
        "file:cut", "file:cut=x", "result:many", "result:many=-1", "result:shape-round", "submit:500;times=0",
        "submit:500;times", "submit:500;p=2", "submit:500;often", "submit:500;body=round",
        "token:reject;as=200", "submit:NNN", "submit:200-error", "result:shape", "submit:delay",
        "submit:delay=5parsecs", "submit:500=1",
    ])
    func `a fault that makes no sense is refused`(text: String) {
        #expect(throws: SimulatorError.self) { try FaultParser.parse(text) }
    }

    @Test func `every fault of the table is understood`() throws {
        let values: [FaultDefinition.Value: String] = [
            .count: "=2", .duration: "=2s", .bytes: "=2k", .text: "=x",
        ]
        let numbers: [FaultEffect: String] = [
            .status: "500", .html: "html-502", .errorInOK: "200-error-400002",
        ]
        for definition in FaultDefinition.all {
            for call in definition.calls {
                let name =
                    definition.effect == .shape
                    ? "shape-array" : numbers[definition.effect] ?? definition.effect.rawValue
                let fault = try FaultParser.parse("\(call.rawValue):\(name)\(values[definition.value] ?? "")")
                #expect(fault.effect == definition.effect && fault.call == call)
            }
        }
        #expect(Set(FaultDefinition.all.map(\.effect)) == Set(FaultEffect.allCases))
    }
}
