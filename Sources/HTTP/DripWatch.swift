/// Tells whether a transfer drips: whether less than 1 kB/s came in the last whole window.
///
/// It reads no clock. Windows begin when the request has left; the time before that is the bound on
/// connecting's.
struct DripWatch: Equatable {
    /// When the present window began; nil before the request has left.
    private var start: SuspendingClock.Instant?
    private var count: Int64 = 0
    private var drips = false

    mutating func take(_ bytes: Int, at now: SuspendingClock.Instant) {
        if start == nil { start = now }
        count += Int64(bytes)
    }

    /// Whether it drips at this time, and when to look again: a place may be wanted soon after it was not.
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
