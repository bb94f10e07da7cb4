internal import Glibc
internal import System

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

    private let directory: StateDirectory
    private let database: FileStatus.Identity?
    private let log: [FileStatus.Identity?]
    /// The database's file, by which its new name is found. Opened without any access to it: to close it
    /// drops no lock.
    private let handle: FileDescriptor?

    /// Of an open database: its log is there.
    init(_ directory: StateDirectory) {
        self.directory = directory
        database = Self.identity(directory.database, unless: nil)
        log = StateDirectory.logNames.map { Self.identity(directory.path + "/" + $0, unless: nil) }
        let pathOnly: Int32 = 0o10000000  // O_PATH
        handle = try? FileDescriptor(opening: directory.database, flags: pathOnly)
    }

    /// Nil where nothing has the name. What cannot be told now says nothing.
    private static func identity(_ path: String, unless unknown: FileStatus.Identity?) -> FileStatus.Identity?
    {
        do throws(SystemError) { return try FileStatus(path).identity } catch {
            return error.isMissing || error.code == ENOTDIR ? nil : unknown
        }
    }

    /// What is no longer in its place; nil where everything is.
    func loss() -> Loss? {
        // One that was gone already when it was looked for is as lost.
        guard let database, Self.identity(directory.database, unless: database) == database else {
            return .database(movedTo: place())
        }
        for (name, known) in zip(StateDirectory.logNames, log)
        where known != nil && Self.identity(directory.path + "/" + name, unless: known) != known {
            return .log(name: name)
        }
        return nil
    }

    /// Whether nothing has the database's name: then no other database could be taken for it.
    var isDatabaseMissing: Bool { Self.identity(directory.database, unless: database) == nil }

    /// Copies the database's file as it is, also where it has no name any more. It is whole where no log
    /// belongs to it.
    func copyDatabase(to target: FileDescriptor) throws {
        let source = try StoreError.at(directory.database, try FileDescriptor(opening: handlePath))
        try StoreError.at(directory.savedCopy, try source.copy(to: target))
    }

    private var handlePath: String { "/proc/self/fd/\(handle?.number ?? -1)" }

    /// The name that the database's file has now; nil where it has none.
    private func place() -> String? {
        guard let status = try? handle?.status(), status.linkCount > 0 else { return nil }
        return Directory.target(ofLink: handlePath)
    }
}
