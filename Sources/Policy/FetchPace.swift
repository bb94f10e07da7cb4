/// How the fetching of one output goes, and what that says of its next try. Kept in memory: a restart begins
/// anew, which costs a server a few requests and gives nothing up early.
package struct FetchPace: Equatable, Sendable {
    /// How a try ended that did not bring the file.
    package enum Setback: Equatable, Sendable {
        /// The output's own answer is bad.
        case badAnswer
        /// The network, the server, the disk.
        case trouble
        /// It dripped, and gave way to others.
        case gaveWay
    }

    /// When an output with bad answers is given up: after so many over at least so long.
    package struct Patience: Equatable, Sendable {
        package var attempts: Int
        package var time: Duration

        package init(attempts: Int, time: Duration) {
            self.attempts = attempts
            self.time = time
        }
    }

    /// Tries in a row that brought too little to be worth a quick return.
    package private(set) var failures = 0
    /// How many bytes were here at most. The same ones, fetched once more, are no progress.
    private var furthest: Int64 = 0
    /// When the first of the bad answers in a row came, by a clock that only goes forward.
    private var badSince: SuspendingClock.Instant?
    /// How often what had come was lost by giving way.
    private var losses = 0

    package init() {}

    /// A try brought nothing, or not all. `kept` bytes of `total` need not come again.
    ///
    /// - Returns: whether bytes came that were kept. Then the count of bad answers starts anew.
    package mutating func note(
        _ setback: Setback, kept: Int64, of total: Int64?, at now: SuspendingClock.Instant
    ) -> Bool {
        let gained = kept - furthest
        furthest = max(furthest, kept)
        failures = gained >= Self.worthwhile(of: total) ? 0 : failures + 1
        if gained > 0 { badSince = nil }
        switch setback {
        case .badAnswer: badSince = badSince ?? now
        case .gaveWay where gained <= 0: losses += 1
        case .gaveWay, .trouble: break
        }
        return gained > 0
    }

    /// Whether the output is given up, with so many bad answers in a row.
    package func isGivenUp(attempts: Int64, _ patience: Patience, at now: SuspendingClock.Instant) -> Bool {
        attempts >= patience.attempts && now - (badSince ?? now) >= patience.time
    }

    /// For how long it may drip before it gives way: what cannot be continued gets twice the time whenever it
    /// was lost, so that it is whole in the end.
    package func window(_ shortest: Duration) -> Duration { shortest * (1 << min(losses, 12)) }

    /// How many bytes earn a quick return. Each connection of a server that gives a byte at a time would be
    /// one too many; and a small file is here after 16.
    private static func worthwhile(of total: Int64?) -> Int64 {
        min(64 << 10, max(1, (total ?? .max) / 16))
    }
}
