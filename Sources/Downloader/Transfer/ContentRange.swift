/// The value of a `Content-Range`: `bytes 5-9/10`, `bytes 5-9/*` or `bytes */10`.
package struct ContentRange: Equatable {
    package var start: Int64?
    package var end: Int64?
    package var total: Int64?

    package init?(_ text: String?) {
        guard let text else { return nil }
        let parts = text.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
        let halves = parts[1].split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        if halves[1] != "*" {
            guard let total = Self.number(halves[1]) else { return nil }
            self.total = total
        }
        if halves[0] == "*" { return }
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let start = Self.number(ends[0]), let end = Self.number(ends[1]), start <= end,
            total.map({ end < $0 }) ?? true
        else { return nil }
        self.start = start
        self.end = end
    }

    private static func number(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
    }
}
