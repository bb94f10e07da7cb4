internal import Glibc
internal import Locked

/// Syncs directories, once for all names that have changed meanwhile: many small files cost few syncs.
final class SharedSync: Sendable {
    private typealias Waiter = CheckedContinuation<Swift.Result<Void, DownloadFailure>, Never>

    private struct Place: Hashable {
        let device: UInt
        let file: UInt
    }

    private let pool: BlockingPool
    /// Who waits for the next sync of a directory that is being synced now.
    private let waiting = Locked([Place: [Waiter]]())

    init(_ pool: BlockingPool) { self.pool = pool }

    /// Returns after a sync that began after the call: what the caller has changed before is on disk then.
    func sync(_ directory: OutputDirectory) async throws(DownloadFailure) {
        let place: Place
        do {
            var status = stat()
            guard unsafe fstat(directory.descriptor, &status) == 0 else {
                throw .system(errno, "look at a directory")
            }
            place = Place(device: UInt(status.st_dev), file: UInt(status.st_ino))
        }
        let result = await withCheckedContinuation { (waiter: Waiter) in
            let isFirst = waiting.withLock { waiting in
                let isFirst = waiting[place] == nil
                waiting[place, default: []].append(waiter)
                return isFirst
            }
            if isFirst { pool.submit { self.serve(place, directory) } }
        }
        try result.get()
    }

    private func serve(_ place: Place, _ directory: OutputDirectory) {
        while true {
            let group = waiting.withLock { waiting -> [Waiter] in
                let group = waiting[place] ?? []
                // An empty list says that a sync runs; none, that nobody is here.
                waiting[place] = group.isEmpty ? nil : []
                return group
            }
            if group.isEmpty { return }
            let result = Swift.Result<Void, DownloadFailure> { () throws(DownloadFailure) in
                try directory.sync()
            }
            for waiter in group { waiter.resume(returning: result) }
        }
    }
}
