internal import Glibc

/// The files that jobd works on, and whether their names still lead to them.
///
/// SQLite goes on with files that were removed under it: nobody else sees those, and they are gone with the
/// process.
final class StoreFiles: Sendable {
    enum Loss {
        /// The log, or the memory that is shared beside it. The database itself has kept its name.
        case log(name: String)
        /// The database has no name any more, or another file has it; `movedTo` is its new one.
        case database(movedTo: String?)
    }

    private struct Identity: Equatable {
        let device: UInt
        let number: UInt

        /// Nil where nothing has the name. What cannot be told now says nothing.
        init?(_ path: String, unless unknown: Identity?) {
            var status = stat()
            if unsafe stat(path, &status) == 0 {
                (device, number) = (UInt(status.st_dev), UInt(status.st_ino))
            } else if let unknown, errno != ENOENT, errno != ENOTDIR {
                self = unknown
            } else {
                return nil
            }
        }
    }

    private static let logNames = ["jobs.db-wal", "jobs.db-shm"]

    private let directory: StateDirectory
    private let database: Identity?
    private let log: [Identity?]
    /// The database's file, by which its new name is found. Opened without any access to it: to close it
    /// drops no lock.
    private let handle: Int32

    /// Of an open database: its log is there.
    init(_ directory: StateDirectory) {
        self.directory = directory
        database = Identity(directory.database, unless: nil)
        log = Self.logNames.map { Identity(directory.path + "/" + $0, unless: nil) }
        let pathOnly: Int32 = 0o10000000  // O_PATH
        handle = unsafe open(directory.database, pathOnly | O_CLOEXEC)
    }

    deinit { if handle >= 0 { close(handle) } }

    /// What is no longer in its place; nil where everything is.
    func loss() -> Loss? {
        // One that was gone already when it was looked for is as lost.
        guard let database, Identity(directory.database, unless: database) == database else {
            return .database(movedTo: place())
        }
        for (name, known) in zip(Self.logNames, log)
        where known != nil && Identity(directory.path + "/" + name, unless: known) != known {
            return .log(name: name)
        }
        return nil
    }

    /// Whether nothing has the database's name: then no other database could be taken for it.
    var isDatabaseMissing: Bool { Identity(directory.database, unless: database) == nil }

    /// Copies the database's file as it is, also where it has no name any more. It is whole where no log
    /// belongs to it.
    func copyDatabase(to target: Int32) throws {
        let source = unsafe open("/proc/self/fd/\(handle)", O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw StateDirectory.failure(at: directory.database) }
        defer { close(source) }
        while case let count = sendfile(target, source, nil, 1 << 30), count != 0 {
            guard count > 0 else { throw StateDirectory.failure(at: directory.savedCopy) }
        }
    }

    /// The name that the database's file has now; nil where it has none.
    private func place() -> String? {
        var status = stat()
        guard unsafe fstat(handle, &status) == 0, status.st_nlink > 0 else { return nil }
        var path = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/fd/\(handle)", &path, path.count)
        let bytes = path[..<max(0, count)].map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
