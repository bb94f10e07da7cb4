internal import JobModel
internal import JobStore

/// Makes rates of sums: what was added within the last minute.
struct WatchMeter {
    private struct Sample {
        let at: Timestamp
        let sent: Int64
        let completed: Int64
        let bytes: Int64
    }

    private static let window: Int64 = 60_000
    /// Of bytes, a shorter one: a download that ended is not to be seen for a minute.
    private static let shortWindow: Int64 = 10_000

    private var samples: [Sample]
    /// What came since, and how much of unfinished files lay there at last.
    private var sums = Throughput()
    private var underWay: Int64

    /// - Parameters:
    ///   - earlier: what went on since moments of the minute before, the earliest first.
    ///   - underWay: bytes of files that are not whole yet.
    init(earlier: [(since: Timestamp, what: Throughput)], underWay: Int64, at now: Timestamp) {
        samples = earlier.map { since, what in
            Sample(at: since, sent: -what.sent, completed: -what.completed, bytes: underWay)
        }
        samples.append(Sample(at: now, sent: 0, completed: 0, bytes: underWay))
        self.underWay = underWay
    }

    /// Files that are whole count with all their bytes, and no longer among those under way.
    mutating func add(_ new: Throughput, underWay: Int64, at now: Timestamp) {
        sums.sent += new.sent
        sums.completed += new.completed
        sums.bytes += new.bytes
        self.underWay = underWay
        // A clock that was put back begins anew.
        if let last = samples.last, now < last.at { samples = [] }
        // Ten a second for a minute would be many, and say no more.
        if let last = samples.last, now.milliseconds - last.at.milliseconds < 500 { return }
        samples.append(
            Sample(at: now, sent: sums.sent, completed: sums.completed, bytes: sums.bytes + underWay))
        let start = now.milliseconds - Self.window
        while samples.count > 2, samples[1].at.milliseconds <= start { samples.removeFirst() }
    }

    func rates(at now: Timestamp) -> WatchRates {
        guard let first = samples.first else { return WatchRates() }
        let minutes = max(1, Double(now.milliseconds - first.at.milliseconds) / 60_000)
        let recent =
            samples.last { now.milliseconds - $0.at.milliseconds >= Self.shortWindow }
            ?? (samples.count > 1 ? samples[1] : first)
        let milliseconds = max(1000, now.milliseconds - recent.at.milliseconds)
        // Less than before lies there when a download began again.
        let bytes = max(0, sums.bytes + underWay - recent.bytes)
        return WatchRates(
            completed: Double(sums.completed - first.completed) / minutes,
            sent: Double(sums.sent - first.sent) / minutes, bytesASecond: bytes * 1000 / milliseconds)
    }
}
