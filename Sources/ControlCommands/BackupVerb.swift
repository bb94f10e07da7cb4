internal import CommandLineTool
internal import Glibc
internal import JSON
internal import JobStore

enum BackupVerb: ControlVerb {
    static let command = Command(
        "backup", "copy the database while it is in use", operands: "FILE",
        discussion: [
            "The copy is consistent, and it is synced and checked before it gets its name. A copy that cp "
                + "makes is not consistent: the newest changes are in jobs.db-wal."
        ],
        examples: [.init("jobctl backup /mnt/backup/jobs-$(date +%F).db", "a copy with the date as name")])

    static func run(_ session: Session) throws -> ExitCode {
        guard let path = session.arguments.operands.first, session.arguments.operands.count == 1 else {
            throw Failure.usage("which file?", hint: "jobctl backup FILE")
        }
        let store = try session.store(.read)
        guard unsafe access(path, F_OK) != 0 else {
            throw Failure(.no, "\(SafeText.escape(path)) already exists; nothing was written")
        }
        try store.backup(to: path)
        if session.wantsJSON { try session.emit(.object(["file": .string(path)])) }
        session.note("copied to \(path)")
        return .success
    }
}
