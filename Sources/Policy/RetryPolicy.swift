internal import JobModel

/// How long to wait between two tries of anything: growing, bounded, and not for all at the same moment.
package struct RetryPolicy: Equatable, Sendable {
    package var shortest: Duration
    package var longest: Duration

    package init(shortest: Duration, longest: Duration) {
        self.shortest = shortest
        self.longest = longest
    }

    /// The wait after the failure number `failures` (from 1). `chance` is drawn from 0..<1 by the caller.
    ///
    /// A service that names a time is given it, and never less than the own wait.
    package func delay(after failures: Int, chance: Double, asked: Duration? = nil) -> Duration {
        let doublings = min(max(failures, 1) - 1, 30)
        let grown = shortest.wholeMilliseconds.multipliedReportingOverflow(by: 1 << Int64(doublings))
        let milliseconds =
            grown.overflow ? longest.wholeMilliseconds : min(grown.partialValue, longest.wholeMilliseconds)
        // Between three quarters of it and all of it.
        let own = Duration.milliseconds(Int64(Double(milliseconds) * (0.75 + 0.25 * chance)))
        // An hour is the most that a header can ask for: more is a mistake.
        return max(own, min(asked ?? .zero, .seconds(3600)))
    }
}
