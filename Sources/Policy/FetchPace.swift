/// How the tries to fetch one output have gone, which decides when it is tried again and when it is given up.
/// Kept in memory: after a restart it starts from zero, which costs a few requests and gives nothing up
/// early.
package struct FetchPace: Equatable, Sendable {
    /// Why a try did not bring the file.
    package enum Setback: Equatable, Sendable {
        /// The server's answer about this output is bad.
        case badAnswer
        /// The network, the server, the disk.
        case trouble
        /// It dripped, and gave its slot to another.
        case gaveWay
    }

    /// An output is given up after so many bad answers over at least this time.
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
    /// The most bytes that were ever here. Fetching the same bytes again is no progress.
    private var furthest: Int64 = 0
    /// When the first of the bad answers in a row came.
    private var badSince: SuspendingClock.Instant?
    /// How often it gave way and the bytes of that try were lost.
    private var losses = 0

    package init() {}

    /// A try failed. `kept` bytes of `total` need not be fetched again.
    ///
    /// - Returns: whether it made progress. The count of bad answers then starts again.
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

    /// Whether the output is given up, after `attempts` bad answers in a row.
    package func isGivenUp(attempts: Int64, _ patience: Patience, at now: SuspendingClock.Instant) -> Bool {
        attempts >= patience.attempts && now - (badSince ?? now) >= patience.time
    }

    /// For how long it may drip before it gives way. A download that cannot be resumed gets twice the time
    /// after each loss, so that it is complete in the end.
    package func window(_ shortest: Duration) -> Duration { shortest * (1 << min(losses, 12)) }

    /// How many new bytes earn another try at once. A server that sends one byte a connection is not asked at
    /// once again; a small file is here after 16 such tries.
    private static func worthwhile(of total: Int64?) -> Int64 {
        min(64 << 10, max(1, (total ?? .max) / 16))
    }
}
