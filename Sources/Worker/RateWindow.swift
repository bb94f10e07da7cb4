/// Which submissions left in the last minute.
struct RateWindow {
    typealias Moment = Int64

    private static let minute: Moment = 60_000

    /// When they left, oldest first; those before `first` are older than a minute.
    private var moments: [Moment] = []
    private var first = 0

    var count: Int { moments.count - first }

    mutating func note(_ moment: Moment) { moments.append(moment) }

    /// Forgets what is a minute old at `now`.
    mutating func advance(to now: Moment) {
        while first < moments.count, moments[first] <= now - Self.minute { first += 1 }
        if first > 64, first > moments.count / 2 {
            moments.removeFirst(first)
            first = 0
        }
    }

    /// When the oldest one has been gone for a minute.
    var opensAt: Moment? { first < moments.count ? moments[first] + Self.minute : nil }
}
