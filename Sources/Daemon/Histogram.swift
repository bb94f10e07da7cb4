/// How often something took how long, as Prometheus counts it.
struct Histogram: Sendable {
    private static let bounds: [Double] = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600]

    private var counts = [Int64](repeating: 0, count: bounds.count + 1)
    private var sum = 0.0

    mutating func observe(_ span: Duration) {
        let seconds = Double(span.components.seconds) + Double(span.components.attoseconds) * 1e-18
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }

    /// The lines of a histogram `name`: each bucket counts all that is not longer.
    func lines(_ name: String) -> [String] {
        var total: Int64 = 0
        var lines: [String] = []
        for (index, count) in counts.enumerated() {
            total += count
            let bound = Self.bounds.indices.contains(index) ? "\(Self.bounds[index])" : "+Inf"
            lines.append("\(name)_bucket{le=\"\(bound)\"} \(total)")
        }
        return lines + ["\(name)_sum \(sum)", "\(name)_count \(total)"]
    }
}
