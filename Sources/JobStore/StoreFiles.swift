internal import Glibc
internal import System

/// The files that jobd works on, and whether their names still lead to them.
///
/// SQLite keeps using files that were removed: no one else sees those, and they vanish with the process.
final class StoreFiles: Sendable {
    enum Loss {
        /// The log, or the shared memory beside it. The database itself still has its name.
        case log(name: String)
        /// The database lost its name, or another file has it; `movedTo` is its new name.
        case database(movedTo: String?)
    }

    private let directory: StateDirectory
    private let database: FileStatus.Identity?
    private let log: [FileStatus.Identity?]
    /// The database's file, to find its new name. Opened without access to it, so closing it drops no lock.
    private let handle: FileDescriptor?

    /// For an open database, whose log exists.
    init(_ directory: StateDirectory) {
        self.directory = directory
        database = Self.identity(directory.database, unless: nil)
        log = StateDirectory.logNames.map { Self.identity(directory.path + "/" + $0, unless: nil) }
        let pathOnly: Int32 = 0o10000000  // O_PATH
        handle = try? FileDescriptor(opening: directory.database, flags: pathOnly)
    }

    /// Nil if nothing has the name. If that cannot be determined now, `unknown`.
    private static func identity(_ path: String, unless unknown: FileStatus.Identity?) -> FileStatus.Identity?
    {
        do throws(SystemError) { return try FileStatus(path).identity } catch {
            return error.isMissing || error.code == ENOTDIR ? nil : unknown
        }
    }

    /// What is no longer in its place; nil if everything is.
    func loss() -> Loss? {
        // A database that was already gone at the start is lost, too.
        guard let database, Self.identity(directory.database, unless: database) == database else {
            return .database(movedTo: place())
        }
        for (name, known) in zip(StateDirectory.logNames, log)
        where known != nil && Self.identity(directory.path + "/" + name, unless: known) != known {
            return .log(name: name)
        }
        return nil
    }

    /// Whether nothing has the database's name, so that no other database can be mistaken for it.
    var isDatabaseMissing: Bool { Self.identity(directory.database, unless: database) == nil }

    /// Copies the database's file as it is, even if it has lost its name. It is complete if it has no log.
    func copyDatabase(to target: FileDescriptor) throws {
        let source = try StoreError.at(directory.database, try FileDescriptor(opening: handlePath))
        try StoreError.at(directory.savedCopy, try source.copy(to: target))
    }

    private var handlePath: String { "/proc/self/fd/\(handle?.number ?? -1)" }

    /// The present name of the database's file; nil if it has none.
    private func place() -> String? {
        guard let status = try? handle?.status(), status.linkCount > 0 else { return nil }
        return Directory.target(ofLink: handlePath)
    }
}
