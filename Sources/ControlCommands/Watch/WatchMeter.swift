internal import JobModel
internal import JobStore

/// Computes rates from running sums: how much was added within the last minute.
struct WatchMeter {
    private struct Sample {
        let at: Timestamp
        let sent: Int64
        let completed: Int64
        let bytes: Int64
    }

    private static let window: Int64 = 60_000
    /// Shorter for bytes, so that a download that has ended does not count for a minute.
    private static let shortWindow: Int64 = 10_000

    private var samples: [Sample]
    /// What was added since the start, and the current bytes of unfinished files.
    private var sums = Throughput()
    private var underWay: Int64

    /// - Parameters:
    ///   - earlier: what was added since some moments of the last minute, the earliest first.
    ///   - underWay: bytes of unfinished files.
    init(earlier: [(since: Timestamp, what: Throughput)], underWay: Int64, at now: Timestamp) {
        samples = earlier.map { since, what in
            Sample(at: since, sent: -what.sent, completed: -what.completed, bytes: underWay)
        }
        samples.append(Sample(at: now, sent: 0, completed: 0, bytes: underWay))
        self.underWay = underWay
    }

    /// - Parameter new: what was added, with all bytes of the files that were finished.
    mutating func add(_ new: Throughput, underWay: Int64, at now: Timestamp) {
        sums.sent += new.sent
        sums.completed += new.completed
        sums.bytes += new.bytes
        self.underWay = underWay
        // After the clock was set back, start again.
        if let last = samples.last, now < last.at { samples = [] }
        // Two samples a second are enough.
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
        // The sum can shrink when a download starts again.
        let bytes = max(0, sums.bytes + underWay - recent.bytes)
        return WatchRates(
            completed: Double(sums.completed - first.completed) / minutes,
            sent: Double(sums.sent - first.sent) / minutes, bytesASecond: bytes * 1000 / milliseconds)
    }
}
