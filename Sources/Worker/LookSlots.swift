/// How many looks may be under way at once.
///
/// A call that hangs must hold up nothing but itself. So jobs whose last look brought no answer have slots
/// of their own, and a look that takes long gives its slot to another.
package struct LookSlots: Sendable {
    typealias Moment = Int64

    /// Looks that are expected to be answered at once.
    static let mostOrdinary = 64
    static let mostTroubled = 32
    /// All looks, those included that have given their slots away.
    package static let mostAtOnce = 192
    /// In milliseconds. Answers take a fraction of it.
    static let patience: Moment = 2000

    private struct Look {
        let lane: Agenda.Lane
        let since: Moment
    }

    private var underway: [Int64: Look] = [:]

    mutating func take(for job: Int64, _ lane: Agenda.Lane, at now: Moment) {
        underway[job] = Look(lane: lane, since: now)
    }

    mutating func give(_ job: Int64) { underway[job] = nil }

    func isFree(_ lane: Agenda.Lane, at now: Moment) -> Bool {
        switch lane {
        // Those are bounded elsewhere.
        case .fetching: true
        case .troubled: hasRoom && underway.values.count { $0.lane == .troubled } < Self.mostTroubled
        case .ordinary: hasRoom && quick(at: now).count < Self.mostOrdinary
        }
    }

    /// When time alone makes a slot free, where there is none now.
    func opensAt(_ lane: Agenda.Lane, after now: Moment) -> Moment? {
        guard lane == .ordinary, hasRoom else { return nil }
        return quick(at: now).map(\.since).min().map { $0 + Self.patience }
    }

    private var hasRoom: Bool { underway.count < Self.mostAtOnce }

    private func quick(at now: Moment) -> [Look] {
        underway.values.filter { $0.lane == .ordinary && now - $0.since < Self.patience }
    }
}
