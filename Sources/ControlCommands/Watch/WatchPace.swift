/// Keeps a question that costs time from being asked too often: the answer may take a tenth of it, at most.
struct WatchPace {
    private static let share = 10
    private static let shortest = Duration.milliseconds(100)
    private static let longest = Duration.seconds(10)

    private var next = ContinuousClock.now

    var allows: Bool { ContinuousClock.now >= next }

    mutating func measure(_ body: () throws -> Void) rethrows {
        let start = ContinuousClock.now
        try body()
        let end = ContinuousClock.now
        next = end + min(Self.longest, max(Self.shortest, (end - start) * Self.share))
    }
}
