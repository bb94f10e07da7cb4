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

    private struct Look {
        let lane: Agenda.Lane
        let since: Moment

        /// Whether it is an ordinary one that still has its slot.
        func isQuick(at now: Moment) -> Bool { lane == .ordinary && now - since < LookSlots.patience }
    }

    private var underway: [Int64: Look] = [:]

    mutating func take(for job: Int64, _ lane: Agenda.Lane, at now: Moment) {
        underway[job] = Look(lane: lane, since: now)
    }
    mutating func give(_ job: Int64) { underway[job] = nil }

    func isFree(_ lane: Agenda.Lane, at now: Moment) -> Bool {
        switch lane {
        // `JobRuns` bounds those.
        case .fetching: true
        case .troubled: hasRoom && underway.values.count { $0.lane == .troubled } < Self.mostTroubled
        case .ordinary: hasRoom && underway.values.count { $0.isQuick(at: now) } < Self.mostOrdinary
        }
    }

    /// When the next look gives up its slot, if none is free now.
    func opensAt(_ lane: Agenda.Lane, after now: Moment) -> Moment? {
        guard lane == .ordinary, hasRoom else { return nil }
        let quick = underway.values.lazy.filter { $0.isQuick(at: now) }
        return quick.map(\.since).min().map { $0 + Self.patience }
    }

    private var hasRoom: Bool { underway.count < Self.mostAtOnce }
}
