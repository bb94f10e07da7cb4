internal import JobModel

/// How long to wait between two tries of anything: growing, bounded, and with jitter.
package struct RetryPolicy: Equatable, Sendable {
    package var shortest: Duration
    package var longest: Duration

    package init(shortest: Duration, longest: Duration) {
        self.shortest = shortest
        self.longest = longest
    }

    /// The wait after `failures` failures in a row.
    ///
    /// - Parameters:
    ///   - chance: drawn from 0..<1 by the caller.
    ///   - asked: the time that the service named. It can only make the wait longer.
    package func delay(after failures: Int, chance: Double, asked: Duration? = nil) -> Duration {
        let doublings = min(max(failures, 1) - 1, 30)
        let grown = min(shortest * (1 << doublings), longest)
        // Between three quarters of it and all of it.
        let own = Duration.milliseconds(Int64(Double(grown.wholeMilliseconds) * (0.75 + 0.25 * chance)))
        // A header that asks for more than an hour is a mistake.
        return max(own, min(asked ?? .zero, .seconds(3600)))
    }
}
