internal import System

/// Syncs directories, once for all names that changed meanwhile, so that many small files cost few syncs.
final class SharedSync: Sendable {
    private typealias Outcome = Swift.Result<Bool, DownloadFailure>
    private typealias Waiter = CheckedContinuation<Outcome, Never>

    private let pool: BlockingPool
    /// Who waits for the next sync of a directory that is being synced.
    private let waiting = Locked([FileStatus.Identity: [Waiter]]())

    init(_ pool: BlockingPool) { self.pool = pool }

    /// Changes names in a directory, and returns after a sync that began after the change.
    ///
    /// - Parameter change: returns the directory, or nil if nothing has changed.
    /// - Returns: whether anything has changed.
    func sync(
        after change: @escaping @Sendable () throws(DownloadFailure) -> OutputDirectory?
    ) async throws(DownloadFailure) -> Bool {
        let outcome = await withCheckedContinuation { (waiter: Waiter) in
            // One piece of work for both.
            pool.submit { self.begin(change, waiter) }
        }
        // As in `BlockingPool.run`: for ThreadSanitizer.
        waiting.withLock { _ in }
        return try outcome.get()
    }

    private func begin(_ change: () throws(DownloadFailure) -> OutputDirectory?, _ waiter: Waiter) {
        let changed: OutputDirectory?
        let failure: Outcome
        do throws(DownloadFailure) {
            changed = try change()
            failure = .success(false)
        } catch {
            changed = nil
            failure = .failure(error)
        }
        let isFirst = waiting.withLock { waiting in
            guard let identity = changed?.identity else { return false }
            let isFirst = waiting[identity] == nil
            waiting[identity, default: []].append(waiter)
            return isFirst
        }
        guard let changed else { return waiter.resume(returning: failure) }
        if isFirst { serve(changed) }
    }

    private func serve(_ directory: OutputDirectory) {
        let identity = directory.identity
        while true {
            let group = waiting.withLock { waiting -> [Waiter] in
                let group = waiting[identity] ?? []
                // An empty list means that a sync is running; no list, that none is.
                waiting[identity] = group.isEmpty ? nil : []
                return group
            }
            if group.isEmpty { return }
            let result = Outcome { () throws(DownloadFailure) in
                try directory.sync()
                return true
            }
            for waiter in group { waiter.resume(returning: result) }
        }
    }
}
