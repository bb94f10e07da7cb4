internal import Glibc

/// How a connection waits for the locks of others: as SQLite does, but it says so if that takes long.
final class LockWait {
    /// After this time, gives up.
    var limit: Duration
    private let onWait: () -> Void
    private var start = ContinuousClock.now
    private var hasTold = false

    /// After this time, tells who waits.
    private static let patience = Duration.seconds(2)
    /// Between two tries, in milliseconds, as in SQLite.
    private static let pauses: [UInt32] = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100]

    init(limit: Duration, onWait: @escaping () -> Void) {
        self.limit = limit
        self.onWait = onWait
    }

    /// Waits a moment. Returns false if it is time to give up.
    ///
    /// - Parameter tries: how often it has waited for this lock before.
    func wait(_ tries: Int32) -> Bool {
        if tries == 0 { (start, hasTold) = (.now, false) }
        let waited = ContinuousClock.now - start
        // Also who gives up now wants to know who was in the way.
        if waited >= Self.patience, !hasTold {
            hasTold = true
            onWait()
        }
        guard waited < limit else { return false }
        usleep(Self.pauses[min(Int(tries), Self.pauses.count - 1)] * 1000)
        return true
    }
}
