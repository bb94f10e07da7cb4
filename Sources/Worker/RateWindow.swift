/// Keeps to a number of submissions a minute.
struct RateWindow {
    typealias Moment = Int64

    private static let minute: Moment = 60_000

    /// When those of the last minute left, oldest first.
    private var recent: [Moment] = []

    mutating func note(_ moment: Moment) { recent.append(moment) }

    /// How many more may leave at `now`; a limit of 0 is none.
    mutating func allowance(limit: Int, at now: Moment) -> Int {
        recent.removeAll { $0 <= now - Self.minute }
        return limit == 0 ? .max : max(0, limit - recent.count)
    }

    /// When the next one may leave.
    var opensAt: Moment? { recent.first.map { $0 + Self.minute } }
}
