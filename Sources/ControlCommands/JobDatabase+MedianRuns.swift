internal import JobModel
internal import JobStore
internal import Policy

extension JobDatabase {
    /// How long the last jobs of each model took over there, half of them at most.
    func medianRuns() throws -> [String: Duration] {
        var times: [String: RunTimes] = [:]
        for run in try recentRuns(limit: 500) { times[run.model, default: RunTimes()].add(run.took) }
        return times.compactMapValues(\.median)
    }
}
