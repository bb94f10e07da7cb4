/// Tells whether a transfer drips: whether it received less than 1 kB/s in the last complete window.
///
/// It reads no clock. Windows begin when the request has left; until then the limit on connecting applies.
struct DripWatch: Equatable {
    /// When the current window began; nil before the request has left.
    private var start: SuspendingClock.Instant?
    private var count: Int64 = 0
    private var drips = false

    mutating func add(_ bytes: Int, at now: SuspendingClock.Instant) {
        if start == nil { start = now }
        count += Int64(bytes)
    }

    /// Whether it drips now, and when to look again: somebody may soon want its slot.
    mutating func look(at now: SuspendingClock.Instant, window: Duration) -> (
        drips: Bool, next: SuspendingClock.Instant
    ) {
        guard let start else { return (false, now + window) }
        if now - start >= window {
            // A byte a millisecond.
            drips = count < (now - start).milliseconds
            (self.start, count) = (now, 0)
        }
        let end = (self.start ?? now) + window
        return (drips, drips ? min(end, now + .seconds(1)) : end)
    }
}

extension Duration {
    /// Whole milliseconds, rounded down; the nearest that fits.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        return overflow
            ? (seconds < 0 ? .min : .max) : Int(product) + Int(attoseconds / 1_000_000_000_000_000)
    }
}
