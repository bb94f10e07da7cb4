internal import Policy

/// How many looks may be under way at once.
///
/// A call that hangs must hold up only itself. So jobs whose last look brought no answer have their own
/// slots, and a look that takes long gives up its slot.
package struct LookSlots: Sendable {
    static let mostOrdinary = 64
    static let mostTroubled = 32
    /// All looks, including those that have given up their slots.
    package static let mostAtOnce = 192
    /// In milliseconds. An answer usually takes a fraction of it.
    static let patience: Moment = 2000

    private var underway: [Int64: (lane: Agenda.Lane, since: Moment)] = [:]

    mutating func take(for job: Int64, _ lane: Agenda.Lane, at now: Moment) { underway[job] = (lane, now) }
    mutating func give(_ job: Int64) { underway[job] = nil }

    func isFree(_ lane: Agenda.Lane, at now: Moment) -> Bool {
        switch lane {
        // `JobRuns` bounds those.
        case .fetching: true
        case .troubled: hasRoom && underway.values.count { $0.lane == .troubled } < Self.mostTroubled
        case .ordinary: hasRoom && quick(at: now).count < Self.mostOrdinary
        }
    }

    /// When the next look gives up its slot, if none is free now.
    func opensAt(_ lane: Agenda.Lane, after now: Moment) -> Moment? {
        guard lane == .ordinary, hasRoom else { return nil }
        return quick(at: now).min().map { $0 + Self.patience }
    }

    private var hasRoom: Bool { underway.count < Self.mostAtOnce }

    /// When the ordinary looks began that still have their slots.
    private func quick(at now: Moment) -> [Moment] {
        underway.values.filter { $0.lane == .ordinary && now - $0.since < Self.patience }.map(\.since)
    }
}
