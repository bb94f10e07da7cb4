internal import CommandLineTool
internal import JSON
internal import JobStore

enum MigrateVerb: ControlVerb {
    static let command = Command(
        "migrate", "create or upgrade the schema of a shared store",
        discussion: [
            "A store that several machines share is upgraded when a person says so, since all their programs "
                + "must then be of the new version. The database of a state directory is upgraded by whoever "
                + "opens it.",
            "Everything happens in one transaction: it is done, or nothing has changed.",
        ],
        options: [.dryRun.saying("only say what would be done")],
        examples: [
            .init("jobctl migrate --store postgresql://db.example.com/jobs", "the first thing to do there"),
            .init("jobctl migrate --dry-run", "say what would be done"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let directory = try session.directory()
        guard let store = SharedStore(of: directory) else {
            throw Failure.usage(
                "no shared store is named", hint: "jobctl migrate --store postgresql://HOST/DATABASE")
        }
        let isDryRun = session.arguments.has(.dryRun)
        let before = try isDryRun ? store.version() : store.migrate()
        let (old, new) = (before ?? 0, SharedStore.newest)
        if session.wantsJSON {
            try session.emit(
                .object(["before": .integer(Int64(old)), "after": .integer(Int64(isDryRun ? old : new))]))
        }
        session.note(
            old == new
                ? "the schema is up to date: \(new)"
                : "\(isDryRun ? "would bring" : "brought") the schema from \(old) to \(new)")
        return .success
    }
}
