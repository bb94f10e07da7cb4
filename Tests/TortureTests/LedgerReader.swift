import Glibc
import JSON
import Scratch

/// The simulator's own record of what it took money for, read as it grows.
final class LedgerReader {
    private let path: String
    private var offset = 0
    /// The requests that were bought, by prompt, oldest first.
    private var bought: [String: [Entry]] = [:]
    private var cancelled: Set<String> = []

    struct Entry {
        let id: String
        let input: JSON
        let price: Double
    }

    /// A request, and what the service has taken for it in the end.
    struct Purchase {
        let id: String
        let takenNanos: Int64
    }

    init(of stage: Stage) { path = stage.scratch["simulator/ledger.jsonl"] }

    func requests(for prompt: String) throws -> [String] { try entries(for: prompt).map(\.id) }

    /// What was sent for the last of them.
    func input(for prompt: String) throws -> JSON? { try entries(for: prompt).last?.input }

    func purchases(for prompt: String) throws -> [Purchase] {
        try entries(for: prompt).map {
            Purchase(id: $0.id, takenNanos: cancelled.contains($0.id) ? 0 : Int64(($0.price * 1e9).rounded()))
        }
    }

    private func entries(for prompt: String) throws -> [Entry] {
        let lines = (FileOnDisk.bytes(path) ?? []).dropFirst(offset)
        let end = (lines.lastIndex(of: UInt8(ascii: "\n")) ?? offset - 1) + 1
        for line in lines[..<end].split(separator: UInt8(ascii: "\n")) {
            let entry = try JSON(parsing: Array(line))
            guard let id = entry["request_id"]?.string else { continue }
            if entry["kind"]?.string == "cancelled" { cancelled.insert(id) }
            guard entry["kind"]?.string == "accepted" else { continue }
            let input = entry["input"] ?? .null
            let prompt = input["prompt"]?.string ?? input["text"]?.string ?? ""
            let price = entry["price_usd"]?.double ?? 0
            bought[prompt, default: []].append(Entry(id: id, input: input, price: price))
        }
        offset = end
        return bought[prompt] ?? []
    }
}
