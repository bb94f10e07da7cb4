/// Which jobs are at RunComfy, and what left in the last minute. It is kept by model, so that a reload, which
/// may change what counts together, changes nothing here.
package struct InFlight: Sendable {
    /// Milliseconds of a clock of the owner's choice.
    package typealias Moment = Int64

    private var jobs: Set<Int64> = []
    private(set) var counts: [String: Int] = [:]
    private(set) var departures: [String: RateWindow] = [:]

    package init() {}

    package mutating func enter(_ job: Int64, _ model: String) {
        if jobs.insert(job).inserted { enter(1, of: model) }
    }

    /// The same for jobs of which only the number is known: they never leave.
    package mutating func enter(_ count: Int, of model: String) { counts[model, default: 0] += count }

    package mutating func leave(_ job: Int64, _ model: String) {
        guard jobs.remove(job) != nil, let count = counts[model] else { return }
        counts[model] = count > 1 ? count - 1 : nil
    }

    package mutating func depart(_ model: String, at moment: Moment) {
        departures[model, default: RateWindow()].note(moment)
        for model in departures.keys { departures[model]?.advance(to: moment) }
        // A model that is sent no more leaves nothing behind.
        departures = departures.filter { $0.value.count > 0 }
    }
}

/// Which submissions left in the last minute.
struct RateWindow: Sendable {
    static let minute: InFlight.Moment = 60_000

    /// When they left, oldest first; those before `first` are older than a minute.
    private var moments: [InFlight.Moment] = []
    private var first = 0

    var count: Int { moments.count - first }

    mutating func note(_ moment: InFlight.Moment) { moments.append(moment) }

    /// Forgets what is a minute old at `now`.
    mutating func advance(to now: InFlight.Moment) {
        while first < moments.count, moments[first] <= now - Self.minute { first += 1 }
        if first > 64, first > moments.count / 2 {
            moments.removeFirst(first)
            first = 0
        }
    }

    /// When the oldest one has been gone for a minute.
    var opensAt: InFlight.Moment? { first < moments.count ? moments[first] + Self.minute : nil }
}
