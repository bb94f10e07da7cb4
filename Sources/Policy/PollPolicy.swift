/// When to look at a job that RunComfy works on: rarely while it cannot be done yet, often when it is about
/// to be.
package struct PollPolicy: Equatable, Sendable {
    package var shortest: Duration
    package var longest: Duration

    package init(shortest: Duration, longest: Duration) {
        self.shortest = shortest
        self.longest = longest
    }

    /// The wait until the next look.
    ///
    /// - Parameters:
    ///   - elapsed: since the job was accepted.
    ///   - spread: how long most jobs of this model took, if known.
    ///   - chance: drawn from 0..<1 by the caller.
    package func wait(elapsed: Duration, spread: ClosedRange<Duration>?, chance: Double) -> Duration {
        var plain = elapsed / 5
        if let spread, elapsed < spread.upperBound * 2 {
            let untilFirst = spread.lowerBound - elapsed
            // The first look comes when the faster ones are done: little jitter, so that it is not late.
            if untilFirst > .zero { return bounded(untilFirst + untilFirst * (0.02 * chance)) }
            plain = (spread.upperBound - spread.lowerBound) / 4
        }
        return bounded(plain * (0.9 + 0.2 * chance))
    }

    private func bounded(_ wait: Duration) -> Duration { min(max(wait, shortest), longest) }
}

/// How long the last jobs of one model took at RunComfy.
package struct RunTimes: Equatable, Sendable {
    private static let most = 32
    private static let fewest = 3

    private var recent: [Duration] = []
    private var sorted: [Duration] = []

    package init(_ times: [Duration] = []) { for time in times { add(time) } }

    package mutating func add(_ time: Duration) {
        guard time >= .zero else { return }
        recent = recent.suffix(Self.most - 1) + [time]
        sorted = recent.sorted()
    }

    /// The time of a fast job and that of a slow one; nil while too few are known.
    package var spread: ClosedRange<Duration>? {
        guard sorted.count >= Self.fewest else { return nil }
        return sorted[sorted.count / 4]...sorted[sorted.count * 9 / 10]
    }

    /// Half of them took no longer than this; nil while too few are known.
    package var median: Duration? { sorted.count >= Self.fewest ? sorted[sorted.count / 2] : nil }
}
