internal import CommandLineTool
internal import Glibc
internal import JSON
internal import JobModel
internal import JobStore
internal import System

enum RestoreVerb: ControlVerb {
    static let command = Command(
        "restore", "put a backup in place of the database", operands: "FILE",
        discussion: [
            """
            FILE is a copy that jobctl backup has made. jobd must not be running. The copy is checked first, \
            and one with an older schema is brought up to date. The database that was there is kept beside \
            the new one, as jobs.db.replaced-TIME.
            """,
            """
            Whatever may have been sent since is set aside, so that nothing is bought twice: queued jobs are \
            held, and jobs that were being sent are uncertain. Jobs that RunComfy has go on. Jobs that were \
            enqueued since are not in the copy; they are in the database that was kept.
            """,
            """
            Nothing is asked, and FILE is not changed. If the command is interrupted, the database is as it \
            was, or restored with the jobs set aside.
            """,
        ],
        examples: [
            .init("jobctl restore /mnt/backup/jobs-2026-01-31.db", "after: systemctl stop jobd"),
            .init("jobctl list --state held", "which jobs were queued in the copy"),
            .init("jobctl release 12", "send one that is not in RunComfy's list of requests"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        guard let path = session.arguments.operands.first, session.arguments.operands.count == 1 else {
            throw Failure.usage("which file?", hint: "jobctl restore FILE")
        }
        let directory = try session.directory()
        if directory.sharedStore != nil { throw StoreError.needsDump }
        try check(path, directory)
        try directory.create()
        let lock = try session.takeLock(of: directory)
        defer { withExtendedLifetime(lock) {} }
        let restoration = try Restoration(directory, holding: lock) { writer in
            session.note("waiting for the store: \(StoreUsers.wait(for: writer))")
        }
        let outcome = try restoration.run(path)
        if session.wantsJSON {
            try session.emit(outcome.json(path))
        } else if session.isQuiet {
            for id in outcome.setAside.held + outcome.setAside.uncertain {
                try session.screen.write("\(id)\n")
            }
        } else {
            for line in outcome.words(path) { try session.screen.write(SafeText.escape(line) + "\n") }
        }
        return .success
    }

    /// Throws if the file is none that could be read, or the database itself.
    private static func check(_ path: String, _ directory: StateDirectory) throws(Failure) {
        let name = SafeText.escape(path)
        let status: FileStatus
        do throws(SystemError) {
            status = try FileStatus(path)
            if status.isFile { _ = try FileDescriptor(opening: path) }
        } catch { throw Failure(.cannotRead, "cannot read \(name): \(error)") }
        guard status.isFile else { throw Failure(.cannotRead, "\(name) is not a regular file") }
        if status.identity == directory.databaseIdentity {
            throw Failure.usage("\(name) is the database itself", hint: "name a copy of it")
        }
    }
}

extension Restoration.Outcome {
    fileprivate func json(_ path: String) -> JSON {
        .object([
            "file": .string(path), "as_of": .optional(asOf?.description), "kept": .optional(kept),
            "older_schema": olderSchema.map { .integer(Int64($0)) } ?? .null, "jobs": .integer(jobs),
            "held": .integer(Int64(setAside.held.count)),
            "uncertain": .integer(Int64(setAside.uncertain.count)), "followed": .integer(followed),
        ])
    }

    /// What was done, and what to look at.
    fileprivate func words(_ path: String) -> [String] {
        func count(_ number: Int, _ one: String, _ many: String) -> String {
            "\(NumberText.of(Int64(number))) \(number == 1 ? one : many)"
        }
        let (held, uncertain) = (setAside.held, setAside.uncertain)
        var lines = ["restored \(path): \(count(Int(jobs), "job", "jobs"))"]
        if let asOf { lines[0] += ", as of \(TimeText.local(asOf.milliseconds))" }
        if let olderSchema { lines.append("its schema was \(olderSchema), and was brought up to date") }
        if let kept { lines.append("the database that was there is now \(kept)") }
        let parts = [
            count(held.count, "queued job is", "queued jobs are") + " now held",
            count(uncertain.count, "job that was being sent is", "jobs that were being sent are")
                + " now uncertain",
        ]
        lines.append(
            "set aside, because they may have been sent after that: " + parts.joined(separator: ", "))
        if followed > 0 {
            lines.append("\(count(Int(followed), "job", "jobs")) at RunComfy will be followed as before")
        }
        if held.isEmpty, uncertain.isEmpty { return lines + ["next: start jobd"] }
        lines.append("compare them with RunComfy's own list of requests:")
        if let first = held.first {
            lines.append(
                "  jobctl list --state held       then: jobctl release \(first) (not there), "
                    + "or cancel \(first)"
            )
        }
        if let first = uncertain.first {
            lines.append(
                "  jobctl list --state uncertain  then: jobctl resolve \(first) --adopt|--resubmit|--abandon")
        }
        return lines
    }
}
