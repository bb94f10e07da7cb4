/// When to look at a job that RunComfy works on: rarely while it cannot be done yet, often when it is about
/// to be.
package struct PollPolicy: Equatable, Sendable {
    package var shortest: Duration
    package var longest: Duration

    package init(shortest: Duration, longest: Duration) {
        self.shortest = shortest
        self.longest = longest
    }

    /// The wait until the first look at a job that was just accepted. It may be shorter than the shortest
    /// time between two looks.
    ///
    /// - Parameters:
    ///   - times: how long the last jobs of this model took, if any is known.
    ///   - chance: drawn from 0..<1 by the caller.
    package func first(times: RunTimes?, chance: Double) -> Duration {
        // Spread out: where jobs take no time, the first few that are found done say so about all others.
        guard let times, let usual = times.median else { return shortest * chance }
        // A few slow jobs among fast ones do not hold up the look at all others.
        let next = min(times.nextLook(after: .zero) ?? .zero, max(usual * 2, shortest))
        return min(next * (1 + 0.02 * chance), longest)
    }

    /// The wait until the next look at a job that was not done at the last one.
    ///
    /// - Parameter elapsed: since the job was accepted.
    package func wait(elapsed: Duration, times: RunTimes?, chance: Double) -> Duration {
        // A look at a chosen time has little jitter, so that it is not late.
        if let next = times?.nextLook(after: elapsed) {
            return bounded((next - elapsed) * (1 + 0.02 * chance))
        }
        let plain = times?.wait(beyondAll: elapsed) ?? elapsed / 5
        return bounded(plain * (0.9 + 0.2 * chance))
    }

    private func bounded(_ wait: Duration) -> Duration { min(max(wait, shortest), longest) }
}

/// How long the last jobs of one model took at RunComfy.
package struct RunTimes: Equatable, Sendable {
    private static let most = 32
    private static let fewest = 3

    /// How many looks a job gets for each second that jobs usually take, and how many at most once it may be
    /// done.
    private static let looksPerSecond = 0.45
    private static let mostLooks = 24.0

    private var recent: [Duration] = []
    private var sorted: [Duration] = []

    package init(_ times: [Duration] = []) { for time in times { add(time) } }

    package mutating func add(_ time: Duration) {
        guard time >= .zero else { return }
        recent = recent.suffix(Self.most - 1) + [time]
        sorted = recent.sorted()
    }

    /// Half of them took no longer than this; nil while too few are known.
    package var median: Duration? { sorted.count >= Self.fewest ? sorted[sorted.count / 2] : nil }

    /// When to look next at a job that has run for `elapsed`; nil if all known ones were done by then, or too
    /// few are known.
    ///
    /// Each look finds the same share of the jobs done that were not done at the one before. So the looks are
    /// close together where many jobs end, and far apart where few do.
    func nextLook(after elapsed: Duration) -> Duration? {
        guard let median, let last = sorted.last, last > elapsed else { return nil }
        let looks = 1 + min(Self.mostLooks, Self.looksPerSecond * (median / .seconds(1)))
        let done = place(of: elapsed)
        // Each look goes at least half the way from one known time to the next.
        return time(at: done + max((Double(sorted.count) - done) / looks, 0.5))
    }

    /// How many of the known times are over after `elapsed`; between two of them, a part of one.
    private func place(of elapsed: Duration) -> Double {
        let done = sorted.prefix { $0 <= elapsed }.count
        guard done > 0, done < sorted.count else { return Double(done) }
        let before = sorted[done - 1]
        return Double(done) + (elapsed - before) / (sorted[done] - before)
    }

    private func time(at place: Double) -> Duration {
        let (before, after) = (Int(place) - 1, min(Int(place), sorted.count - 1))
        if before < 0 || before >= after { return sorted[after] }
        return sorted[before] + (sorted[after] - sorted[before]) * (place - place.rounded(.down))
    }

    /// How long to wait with a job that has taken longer than all known ones; nil if too few are known.
    func wait(beyondAll elapsed: Duration) -> Duration? {
        guard median != nil, let first = sorted.first, let last = sorted.last else { return nil }
        return max((last - first) / 4, (elapsed - last) / 5)
    }
}
