package import System

/// Which other processes are in the way. SQLite's locks are on bytes of the shared memory's file.
package enum StoreUsers {
    private static let writeLock: Int64 = 120
    private static let readLocks: (start: Int64, count: Int64) = (123, 5)

    /// Kept open for good, one for each file that was ever asked about: closing one would drop the locks that
    /// SQLite has on it in this process.
    private static let files = Locked<[FileStatus.Identity: FileDescriptor]>([:])

    /// A process that has an open write transaction.
    package static func writer(of directory: StateDirectory) -> RunningProcess? {
        holder(of: directory, writeLock, 1)
    }

    /// A process that reads, and so keeps the log from being emptied.
    package static func reader(of directory: StateDirectory) -> RunningProcess? {
        holder(of: directory, readLocks.start, readLocks.count)
    }

    /// Why a write waits, in words.
    package static func wait(for writer: RunningProcess?) -> String {
        "\(writer.map { "\($0)" } ?? "another program") has an open write transaction"
    }

    private static func holder(of directory: StateDirectory, _ start: Int64, _ count: Int64)
        -> RunningProcess?
    {
        let path = directory.sharedMemory
        let file = files.withLock { files -> FileDescriptor? in
            guard let identity = try? FileStatus(path).identity else { return nil }
            if let known = files[identity] { return known }
            files[identity] = try? FileDescriptor(opening: path)
            return files[identity]
        }
        return file?.lockHolder(from: start, count: count).map { RunningProcess($0) }
    }
}

extension StateDirectory {
    /// What people read about a log that has grown too large; nil if it has not.
    package var logComplaint: String? {
        guard let size = try? FileStatus(commitFile).size, size > Self.largeLog else { return nil }
        let reader = StoreUsers.reader(of: self).map { ": \($0) has an open read transaction" } ?? ""
        return "\(commitFile) has grown to \(size >> 20) MiB" + reader
    }
}
