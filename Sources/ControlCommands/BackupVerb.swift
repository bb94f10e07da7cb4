internal import CommandLineTool
internal import Glibc
internal import Inputs
internal import JSON
internal import JobStore
internal import Outputs
internal import System

enum BackupVerb: ControlVerb {
    static let command = Command(
        "backup", "copy the database while it is in use", operands: "FILE",
        discussion: [
            "The copy is consistent, and it is synced and checked before it gets its name. A copy that cp "
                + "makes is not consistent: the newest changes are in jobs.db-wal.",
            "Local input files and outputs are not in it. Copy inputs/ and outputs/ after it: "
                + "a file there never changes.",
            "A store that several machines share is backed up with pg_dump, and restored with pg_restore.",
        ],
        examples: [.init("jobctl backup /mnt/backup/jobs-$(date +%F).db", "a copy with the date as name")])

    static func run(_ session: Session) throws -> ExitCode {
        guard let path = session.arguments.operands.first, session.arguments.operands.count == 1 else {
            throw Failure.usage("which file?", hint: "jobctl backup FILE")
        }
        if try session.directory().sharedStore != nil { throw StoreError.needsDump }
        let store = try session.store(.read)
        try check(path)
        try store.backup(to: path)
        if session.wantsJSON { try session.emit(.object(["file": .string(path)])) }
        session.note("copied to \(path)")
        if let copies = try? InputFolder(store.directory).all(), !copies.isEmpty {
            let count = NumberText.of(Int64(copies.count), "local input file")
            session.note("note: \(count) in \(store.directory.inputs) are copied separately")
        }
        return .success
    }

    /// Throws if there can be no new file of that name, in words that name the reason.
    private static func check(_ path: String) throws(Failure) {
        let name = SafeText.escape(path)
        if let status = try? FileStatus(path, isLinkItself: true) {
            throw status.isDirectory
                ? Failure(
                    .no, "\(name) is a directory", hint: "name a file in it: jobctl backup \(name)/jobs.db")
                : Failure(.no, "\(name) already exists; nothing was written", hint: "choose another name")
        }
        let parts = PathParts(path)
        let folder = !parts.directory.isEmpty ? parts.directory : path.hasPrefix("/") ? "/" : "."
        let place = SafeText.escape(folder)
        let isDirectory: Bool
        do throws(SystemError) { isDirectory = try FileStatus(folder).isDirectory } catch {
            throw error.isMissing
                ? Failure(.inputOutput, "no such directory: \(place)", hint: "mkdir -p \(place)")
                : Failure(.inputOutput, "cannot use \(place): \(error)", hint: "choose another place")
        }
        guard isDirectory else {
            throw Failure(.inputOutput, "\(place) is not a directory", hint: "choose another place")
        }
        guard unsafe access(folder, W_OK | X_OK) == 0 else {
            throw Failure(
                .permission, "cannot write in \(place): \(SystemError.last)", hint: "choose another place")
        }
    }
}
