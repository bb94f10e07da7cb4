import Glibc
import JSON
import Scratch

/// The simulator's own record of what it took money for, read as it grows.
final class LedgerReader {
    private let path: String
    private var offset = 0
    /// The requests that were bought, by prompt, oldest first.
    private var bought: [String: [(id: String, input: JSON)]] = [:]

    init(of stage: Stage) { path = stage.scratch["simulator/ledger.jsonl"] }

    func requests(for prompt: String) throws -> [String] { try entries(for: prompt).map(\.id) }

    /// What was sent for the last of them.
    func input(for prompt: String) throws -> JSON? { try entries(for: prompt).last?.input }

    private func entries(for prompt: String) throws -> [(id: String, input: JSON)] {
        let lines = (FileOnDisk.bytes(path) ?? []).dropFirst(offset)
        let end = (lines.lastIndex(of: UInt8(ascii: "\n")) ?? offset - 1) + 1
        for line in lines[..<end].split(separator: UInt8(ascii: "\n")) {
            let entry = try JSON(parsing: Array(line))
            guard entry["kind"]?.string == "accepted", let id = entry["request_id"]?.string else { continue }
            let input = entry["input"] ?? .null
            let prompt = input["prompt"]?.string ?? input["text"]?.string ?? ""
            bought[prompt, default: []].append((id, input))
        }
        offset = end
        return bought[prompt] ?? []
    }
}
