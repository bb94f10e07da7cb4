/// How long the last jobs of one model took over there.
package struct RunTimes: Equatable, Sendable {
    private static let most = 32
    private static let fewest = 3

    /// In the order in which they came.
    private var recent: [Duration] = []
    private var next = 0
    private var sorted: [Duration] = []

    package init(_ times: [Duration] = []) { for time in times { add(time) } }

    package mutating func add(_ time: Duration) {
        guard time >= .zero else { return }
        if recent.count < Self.most {
            recent.append(time)
        } else {
            recent[next] = time
            next = (next + 1) % Self.most
        }
        sorted = recent.sorted()
    }

    /// Between which times most of them were done; nil while too few are known.
    package var spread: ClosedRange<Duration>? {
        guard sorted.count >= Self.fewest else { return nil }
        return sorted[sorted.count / 4]...sorted[sorted.count * 9 / 10]
    }

    /// What half of them took at most; nil while too few are known.
    package var median: Duration? { sorted.count >= Self.fewest ? sorted[sorted.count / 2] : nil }
}
