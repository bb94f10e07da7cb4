/// When to look at a job that RunComfy works on: seldom while it cannot be done yet, often while it is about
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
    ///   - spread: between which times most jobs of this model were done, where that is known.
    ///   - chance: drawn from 0..<1 by the caller.
    package func wait(elapsed: Duration, spread: ClosedRange<Duration>?, chance: Double) -> Duration {
        let plain: Duration
        if let spread, elapsed < spread.upperBound * 2 {
            if elapsed < spread.lowerBound {
                plain = spread.lowerBound - elapsed
                // The first look is at the time when the quicker ones are done: no jitter that would delay it
                // much.
                return bounded(plain + plain * (0.02 * chance))
            }
            plain = (spread.upperBound - spread.lowerBound) / 4
        } else {
            plain = elapsed / 5
        }
        return bounded(plain * (0.9 + 0.2 * chance))
    }

    private func bounded(_ wait: Duration) -> Duration { min(max(wait, shortest), longest) }
}
