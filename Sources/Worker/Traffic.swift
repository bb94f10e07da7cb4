internal import Configuration

/// How many jobs are at RunComfy, and how many left in the last minute. It is kept by model, so that a
/// reload, which may change what counts together, changes nothing here.
struct Traffic {
    typealias Moment = Int64

    /// What may leave now.
    struct Allowance: Equatable {
        var total: Int
        /// What each entry of `models` that has a bound still lets through.
        var byEntry: [String: Int] = [:]
        /// When time alone lets more through.
        var opensAt: Moment?
    }

    private var jobs: Set<Int64> = []
    private var flying: [String: Int] = [:]
    private var departures: [String: RateWindow] = [:]

    var inFlight: Int { jobs.count }

    mutating func enter(_ job: Int64, _ model: String) {
        if jobs.insert(job).inserted { flying[model, default: 0] += 1 }
    }

    mutating func leave(_ job: Int64, _ model: String) {
        guard jobs.remove(job) != nil, let count = flying[model] else { return }
        flying[model] = count > 1 ? count - 1 : nil
    }

    mutating func depart(_ model: String, at moment: Moment) {
        departures[model, default: RateWindow()].note(moment)
        departures[model]?.advance(to: moment)
    }

    mutating func allowance(_ configuration: Configuration, at now: Moment) -> Allowance {
        for model in departures.keys { departures[model]?.advance(to: now) }
        departures = departures.filter { $0.value.count > 0 }
        var allowance = Allowance(total: configuration.maxInFlight - inFlight)
        var opens: [Moment] = []
        /// What a limit leaves; a limit of 0 is none.
        func rest(of limit: Int, _ windows: some Collection<RateWindow>) -> Int {
            guard limit > 0 else { return .max }
            let rest = limit - windows.reduce(0) { $0 + $1.count }
            if rest <= 0, let opensAt = windows.compactMap(\.opensAt).min() { opens.append(opensAt) }
            return rest
        }
        allowance.total = min(
            allowance.total, rest(of: configuration.submitPerMinute, departures.values))
        for (name, limits) in configuration.models {
            var left = Int.max
            if let most = limits.maxInFlight {
                let count = flying.reduce(0) { sum, model in
                    configuration.limits(of: model.key)?.name == name ? sum + model.value : sum
                }
                left = most - count
            }
            if let rate = limits.submitPerMinute {
                let windows = departures.filter { configuration.limits(of: $0.key)?.name == name }.values
                left = min(left, rest(of: rate, windows))
            }
            if left != .max { allowance.byEntry[name] = max(0, left) }
        }
        allowance.total = max(0, allowance.total)
        allowance.opensAt = opens.min()
        return allowance
    }
}
