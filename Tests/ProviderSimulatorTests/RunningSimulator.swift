import JSON
import Scratch
import Testing

@testable import ProviderSimulator

/// A running simulator and the steps that most tests begin with.
final class RunningSimulator {
    static let picture = "bytedance/seedream-4-0/sequential"
    static let edit = "bytedance/seedream-4-0/edit"
    static let video = "bytedance/seedance-v1.5-pro/image-to-video"

    let simulator: Simulator
    var client: WebClient

    /// Without latencies, if nothing else is said, and with a seed.
    init(_ change: (inout Options) throws -> Void = { _ in }) throws {
        var options = Options()
        options.port = 0
        options.seed = 1
        options.queueSeconds = 0
        options.runSeconds = 0
        try change(&options)
        simulator = try Simulator(options)
        client = WebClient(port: simulator.port, server: simulator)
    }

    deinit { simulator.stop() }

    func submit(_ text: String = "a sunset", model: String = picture) throws -> String {
        let key = model.hasSuffix("sequential") ? "text" : "prompt"
        let reply = try #require(
            client.post(
                "/v1/models/\(model)", JSON.object(JSONObject([.init(key: key, value: .string(text))])).text))
        return try #require(reply.json["request_id"]?.string, "\(reply.status) \(reply.text)")
    }

    func status(_ id: String) throws -> JSON { try #require(client.get("/v1/requests/\(id)/status")).json }

    func result(_ id: String, _ query: String = "") throws -> JSON {
        try #require(client.get("/v1/requests/\(id)/result\(query)")).json
    }

    /// The path of a request's file, without the origin.
    func file(_ id: String, _ name: String = "1.png") -> String { "/files/\(id)/\(name)" }

    func wait(_ id: String, for word: String) throws -> JSON {
        var last = JSON.null
        try eventually("\(id) is \(word)") {
            last = try status(id)
            return last["status"]?.string == word
        }
        return last
    }

    /// The lines of `/_sim/ledger`, the counts first.
    func ledger() throws -> [JSON] {
        try #require(client.get("/_sim/ledger")).text.split(separator: "\n").map { try JSON(parsing: $0) }
    }

    func statistics() throws -> JSON { try #require(client.get("/_sim/stats")).json }
}
