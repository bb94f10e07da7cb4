package import JobModel

/// Milliseconds of a clock of the caller's choice. jobd's own never jumps.
package typealias Moment = Int64

/// Which jobs are at RunComfy, and which were sent in the last minute. Counted by model, so that a reload
/// that changes the entries of `models` changes nothing here.
package struct InFlight: Sendable {
    private var jobs: Set<Int64> = []
    private(set) var counts: [String: Int] = [:]
    private(set) var sent: [String: RateWindow] = [:]

    package init() {}

    /// As the store says.
    ///
    /// - Parameters:
    ///   - underway: the jobs of each state and model. While the files are fetched, the service has none.
    ///   - sent: what was sent in the last minute.
    package init(
        _ underway: [(state: JobState, model: String, count: Int64)], sent: [(model: String, at: Moment)]
    ) {
        for entry in underway where entry.state != .downloading {
            counts[entry.model, default: 0] += Int(entry.count)
        }
        for (model, at) in sent { noteSent(model, at: at) }
    }

    package mutating func add(_ job: Int64, _ model: String) {
        if jobs.insert(job).inserted { counts[model, default: 0] += 1 }
    }

    package mutating func remove(_ job: Int64, _ model: String) {
        guard jobs.remove(job) != nil, let count = counts[model] else { return }
        counts[model] = count > 1 ? count - 1 : nil
    }

    /// A job of `model` was sent.
    package mutating func noteSent(_ model: String, at moment: Moment) {
        sent[model, default: RateWindow()].note(moment)
        for model in sent.keys { sent[model]?.advance(to: moment) }
        // Models of which nothing was sent lately take up no memory.
        sent = sent.filter { $0.value.count > 0 }
    }
}

/// When jobs were sent in the last minute.
struct RateWindow: Sendable {
    static let minute: Moment = 60_000

    /// Oldest first.
    private var moments: [Moment] = []

    var count: Int { moments.count }

    mutating func note(_ moment: Moment) { moments.append(moment) }

    /// Forgets what is a minute old at `now`.
    mutating func advance(to now: Moment) {
        moments.removeFirst(moments.prefix { $0 <= now - Self.minute }.count)
    }

    /// When the oldest one is a minute old.
    var opensAt: Moment? { moments.first.map { $0 + Self.minute } }
}
