import JSON
import Testing

@testable import ProviderSimulator

@Suite struct CallTests {
    @Test func `a submit answers with an ID and three URLs at the same address`() throws {
        let stage = try RunningSimulator()
        let reply = try #require(
            stage.client.post("/v1/models/\(RunningSimulator.picture)", #"{"text":"a sunset"}"#))
        #expect(reply.status == 200)
        #expect(reply.json.object?.keys == ["request_id", "status_url", "result_url", "cancel_url"])
        let id = try #require(reply.json["request_id"]?.string)
        let request = "http://127.0.0.1:\(stage.client.port)/v1/requests/\(id)"
        #expect(reply.json["status_url"]?.string == request + "/status")
        #expect(reply.json["result_url"]?.string == request + "/result")
        #expect(reply.json["cancel_url"]?.string == request + "/cancel")
    }

    @Test func `a request passes through its states`() throws {
        let stage = try RunningSimulator {
            $0.queueSeconds = 2
            $0.runSeconds = 2
        }
        let id = try stage.submit()
        let waiting = try stage.status(id)
        #expect(
            waiting.object?.keys == ["request_id", "status", "queue_position", "status_url", "result_url"])
        #expect(waiting["status"]?.string == "in_queue")
        let running = try stage.wait(id, for: "in_progress")
        #expect(running["queue_position"] == nil)
        let unfinished = try stage.result(id)
        #expect(unfinished["status"]?.string == "in_progress")
        #expect(unfinished["output"] == nil && unfinished["finished_at"] == nil)
        let ended = try stage.wait(id, for: "completed")
        #expect(ended["queue_position"] == nil)
        #expect(try stage.result(id)["status"]?.string == "succeeded")
    }

    @Test func `a result has its output its times and its cost when asked`() throws {
        let stage = try RunningSimulator()
        let id = try stage.submit()
        let plain = try stage.result(id)
        #expect(plain.object?.keys == ["request_id", "status", "created_at", "finished_at", "output"])
        let base = "http://127.0.0.1:\(stage.client.port)"
        #expect(
            plain["output"]?["images"]?.array?.map(\.string)
                == (1...3).map { "\(base)/files/\(id)/\($0).png" })
        let created = try #require(plain["created_at"]?.string)
        #expect(created.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00/) != nil)
        #expect(try stage.result(id, "?include_cost=true")["cost"]?.double == 0.09)
    }

    @Test func `each model makes its own kind of output`() throws {
        let stage = try RunningSimulator()
        let images = #""images":["https://example.com/a.png"]"#
        let frame = #""first_frame_image_url":"https://example.com/a.png""#
        let inputs = [
            (
                RunningSimulator.picture, #"{"text":"x","sequential_image_generation_options":2}"#, "images",
                2, 0.06
            ),
            ("bytedance/seedream-4-0/edit-sequential", "{\"text\":\"x\",\(images)}", "images", 3, 0.09),
            (RunningSimulator.edit, "{\"prompt\":\"x\",\(images)}", "image", 1, 0.03),
            (RunningSimulator.video, "{\"prompt\":\"x\",\(frame),\"duration\":4}", "video", 1, 0.08),
            ("somebody/else", #"{"anything":true}"#, "image", 1, 0.03),
        ]
        for (model, input, key, count, cost) in inputs {
            let id = try #require(
                stage.client.post("/v1/models/\(model)", input)?.json["request_id"]?.string, "\(model)")
            let result = try stage.result(id, "?include_cost=true")
            #expect(result["output"]?.object?.keys == [key])
            #expect(result["output"]?[key]?.array?.count ?? 1 == count)
            #expect(result["cost"]?.double == cost)
        }
    }

    @Test func `only what waits can be cancelled`() throws {
        let stage = try RunningSimulator {
            $0.queueSeconds = 600
            $0.balance = 1
        }
        let id = try stage.submit()
        let reply = try #require(stage.client.post("/v1/requests/\(id)/cancel"))
        #expect(reply.status == 202)
        #expect(reply.json["outcome"]?.string == "cancelled")
        #expect(reply.json["status"]?.string == "completed")
        #expect(try stage.status(id)["status"]?.string == "cancelled")
        #expect(try stage.result(id)["status"]?.string == "cancelled")
        #expect(stage.client.get("/prod/v2/balance")?.json["balance_usd"]?.double == 1)
        let running = try stage.submit("x [[fault: job:queue=0]] [[fault: job:run=1h]]")
        let late = stage.client.post("/v1/requests/\(running)/cancel")
        #expect(late?.status == 202)
        #expect(late?.json["outcome"]?.string == "not_cancellable")
        #expect(try stage.status(running)["status"]?.string == "in_progress")
    }

    @Test func `what is unknown is not found`() throws {
        let stage = try RunningSimulator()
        for path in [
            "/v1/requests/nothing/status", "/v1/requests/nothing/result", "/v1/models/no/such", "/v2",
        ] {
            let reply = stage.client.get(path)
            #expect(reply?.status == 404)
            #expect(reply?.json["error_code"]?.integer == 404001)
        }
        #expect(stage.client.post("/v1/requests/nothing/cancel")?.status == 404)
        #expect(stage.client.get("/files/nothing/1.png")?.status == 404)
    }

    @Test func `a wrong input is refused with every problem and costs nothing`() throws {
        let stage = try RunningSimulator { $0.strictModels = true }
        let reply = try #require(
            stage.client.post("/v1/models/\(RunningSimulator.video)", #"{"prompt":5,"duration":99}"#))
        #expect(reply.status == 422)
        let places = reply.json["detail"]?.array?.compactMap { $0["loc"]?.array?.last?.string }
        #expect(Set(places ?? []) == ["prompt", "duration", "first_frame_image_url"])
        for body in ["", "[]", "{", "3"] {
            #expect(stage.client.post("/v1/models/\(RunningSimulator.picture)", body)?.status == 422)
        }
        for model in ["nonsense", "some/other", "a//b", "a/b%20c"] {
            let refused = stage.client.post("/v1/models/\(model)", "{}")
            #expect(refused?.status == 400)
            #expect(refused?.json["error_code"]?.integer == 400001)
        }
        #expect(try stage.ledger().count == 1)
    }

    @Test func `nothing goes without a token`() throws {
        let stage = try RunningSimulator { $0.token = "right" }
        for (token, status) in [(nil, 401), ("wrong", 401), ("right", 200)] {
            stage.client.token = token
            let reply = stage.client.get("/v1/models")
            #expect(reply?.status == status)
            if status == 401 { #expect(reply?.json["error_code"]?.integer == 400004) }
        }
    }

    @Test func `the catalogue is listed searched and paged`() throws {
        let stage = try RunningSimulator()
        let all = try #require(stage.client.get("/v1/models?include_schema=true")).json
        #expect(all["total"]?.integer == 4)
        #expect(all["models"]?.array?.allSatisfy { $0["input_schema"]?["properties"]?.object != nil } == true)
        let page = try #require(stage.client.get("/v1/models?search=seedream&limit=2&offset=1")).json
        #expect(page["total"]?.integer == 3)
        #expect(page["models"]?.array?.count == 2)
        #expect(page["models"]?.array?.first?["input_schema"] == nil)
        let one = try #require(stage.client.get("/v1/models/\(RunningSimulator.video)")).json
        #expect(one["model_id"]?.string == RunningSimulator.video)
        #expect(one["price_unit"]?.string == "second")
        #expect(one["required_inputs"]?.array?.map(\.string) == ["prompt", "first_frame_image_url"])
    }

    @Test func `the categories are listed and each has models`() throws {
        let stage = try RunningSimulator()
        let reply = try #require(stage.client.get("/v1/models/categories"))
        #expect(reply.status == 200)
        let names = try #require(reply.json["categories"]?.array).compactMap(\.string)
        #expect(names == ["image-to-image", "image-to-video", "text-to-image"])
        for name in names {
            let found = stage.client.get("/v1/models?category=\(name)")?.json["models"]?.array
            #expect(found?.isEmpty == false, "\(name)")
        }
    }

    @Test func `the kind that is asked for is heeded`() throws {
        let stage = try RunningSimulator()
        for (kind, total) in [("model", Int64(4)), ("workflow", 0), ("inference", 0), ("", 4)] {
            let list = try #require(stage.client.get("/v1/models?kind=\(kind)")).json
            #expect(list["total"]?.integer == total, "\(kind)")
            #expect(list["models"]?.array?.allSatisfy { $0["kind"]?.string == "model" } == true)
        }
        #expect(stage.client.post("/_sim/faults", #"{"faults":["models:no-kind"]}"#)?.status == 200)
        #expect(stage.client.get("/v1/models?kind=workflow")?.json["total"]?.integer == 4)
    }

    @Test func `a file may come as a data URI`() throws {
        let stage = try RunningSimulator()
        let post = { (images: String, text: String) in
            try #require(
                stage.client.post(
                    "/v1/models/\(RunningSimulator.edit)", "{\"prompt\":\"\(text)\",\"images\":[\(images)]}"))
        }
        let picture = #""data:image/png;base64,iVBORw0KGgo=""#
        #expect(try post(picture, "x").status == 200)
        #expect(try post(#""https://example.com/a.png","# + picture, "data:nothing but words").status == 200)
        for odd in ["data:text/plain;base64,AAAA", "data:image/png,AAAA", "data:image/png;base64,A", "data:"]
        {
            let reply = try post("\"\(odd)\"", "x")
            #expect(reply.status == 422, "\(odd)")
            let place = reply.json["detail"]?.array?.first?["loc"]?.array?.map(\.string)
            #expect(place == ["body", "images", "0"], "\(odd)")
        }
        #expect(try post(picture, "x [[fault: submit:no-data]]").status == 422)
    }

    @Test(arguments: [("image/png", 6), ("video/mp4", 32), ("audio/wav", 32)])
    func `a data URI has a bound`(type: String, megabytes: Int) {
        let problems = { (bytes: Int) in
            let digits = [UInt8](repeating: UInt8(ascii: "A"), count: bytes / 3 * 4)
            let file = "data:\(type);base64," + String(decoding: digits, as: UTF8.self)
            return InputCheck.problems(
                model: RunningSimulator.edit,
                input: .object(["prompt": "x", "images": .array([.string(file)])]))
        }
        let bound = megabytes << 20
        #expect(problems(bound).isEmpty)
        #expect(problems(bound + 6).first?.path == ["images", "0"])
    }

    @Test func `a body beyond all bounds is refused`() throws {
        let stage = try RunningSimulator()
        let blanks = [UInt8](repeating: UInt8(ascii: " "), count: 64 << 20)
        let body = String(decoding: blanks, as: UTF8.self) + "{}"
        #expect(stage.client.post("/v1/models/\(RunningSimulator.picture)", body)?.status == 413)
        #expect(try stage.ledger().count == 1)
    }

    @Test func `an empty balance refuses until it is filled`() throws {
        let stage = try RunningSimulator { $0.balance = 0.1 }
        _ = try stage.submit()
        #expect(stage.client.get("/prod/v2/balance")?.json["balance_microdollars"]?.integer == 10_000)
        let refused = try #require(
            stage.client.post("/v1/models/\(RunningSimulator.picture)", #"{"text":"x"}"#))
        // At any status but 402, RunComfy's own nodes call the outcome of the POST unknown.
        #expect(refused.status == 402)
        #expect(refused.json["error_code"]?.integer == 400002)
        #expect(stage.client.post("/_sim/balance?usd=1")?.json["balance_usd"]?.double == 1.01)
        _ = try stage.submit()
        #expect(try stage.ledger().count == 3)
        #expect(stage.client.post("/_sim/balance?usd=lots")?.status == 400)
    }

    @Test func `every call is counted`() throws {
        let stage = try RunningSimulator()
        let id = try stage.submit()
        _ = try stage.status(id)
        _ = try stage.status(id)
        _ = try stage.result(id)
        let file = try #require(stage.client.get(stage.file(id)))
        let statistics = try stage.statistics()
        #expect(statistics["calls"]?["status"]?.integer == 2)
        #expect(statistics["calls"]?["submit"]?.integer == 1)
        #expect(statistics["downloads"]?.integer == 1)
        #expect(try #require(statistics["bytes"]?.integer) >= file.body.count)
        #expect(statistics["connections"]?.integer == 6)
        // The client of this test sends its token everywhere, which a good one does not.
        #expect(statistics["tokens_at_files"]?.integer == 1)
        let line = try #require(stage.ledger().last)
        #expect(line["status_calls"]?.integer == 2 && line["result_calls"]?.integer == 1)
        #expect(line["downloads"]?.integer == 1 && line["phase"]?.string == "ended")
    }
}
