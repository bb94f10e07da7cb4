internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobStore
internal import Startup

enum MoveStoreVerb: ControlVerb {
    static let command = Command(
        "move-store", "move the database into a store that several machines share", operands: "ADDRESS",
        discussion: [
            """
            ADDRESS is postgresql://USER@HOST/DATABASE or service=NAME, of an empty store that jobctl \
            migrate has made; the user owns its tables. No jobd may run. Jobs, their history and what was \
            spent are moved as they are, with their ids. Files stay where they are: they are those of this \
            machine.
            """,
            """
            Everything is moved, or nothing. Until the end, other programs cannot write to either store. If \
            the command is cut off, the database here is still in use, or neither store is: run the same \
            command again, which finishes it. Then jobd and jobctl refuse the database here, and name the \
            new store.
            """,
            """
            A job that is still to be sent and names local files needs storage.url, from which another \
            machine can send them. A text that is not valid UTF-8, or that holds a NUL, cannot be moved. \
            Such jobs are named before anything is moved.
            """,
            """
            There is no way back: jobs that the shared store gets later are not in the database here. Make \
            a copy with jobctl backup first. jobctl restore puts it in place again, with its queued jobs held.
            """,
        ],
        options: [.dryRun.saying("check everything, and move nothing")] + Session.configurationOptions,
        examples: [
            .init("jobctl migrate --store postgresql://db.example.com/jobs", "first: make the schema there"),
            .init(
                "jobctl move-store postgresql://db.example.com/jobs --dry-run", "see whether it can be done"),
            .init("jobctl move-store postgresql://db.example.com/jobs", "after: systemctl stop jobd"),
        ])

    static func run(_ session: Session) throws -> ExitCode {
        let words = session.arguments.operands
        guard words.count <= 1 else { throw Failure.usage("move-store takes one address") }
        let directory = try StateDirectory.find(
            session.arguments, session.environment, store: words.first)
        guard let address = directory.sharedStore else {
            throw Failure.usage("where to?", hint: "jobctl move-store postgresql://HOST/DATABASE")
        }
        let lock = try session.takeLock(of: directory)
        defer { withExtendedLifetime(lock) {} }
        let move = try StoreMove(
            directory, holding: lock,
            onWait: { writer in session.note("waiting for the store: \(StoreUsers.wait(for: writer))") },
            onProgress: { session.screen.show(progress: SafeText.escape($0.words)) })
        let refuse = { try refuseLocalFiles(move.jobsWithLocalFiles(), session) }
        try refuse()
        let isDryRun = session.arguments.has(.dryRun)
        defer { session.screen.show(progress: "") }
        let outcome: StoreMove.Outcome
        do {
            outcome = try isDryRun ? move.check() : move.run(whenLocked: refuse)
        } catch let error as StoreError {
            guard case .unreachable = error else { throw error }
            throw Failure(
                .unavailable, "\(error)", hint: "run the same command again: it finishes what was begun")
        }
        session.screen.show(progress: "")
        try show(outcome, address, directory.path, isDryRun: isDryRun, session)
        return .success
    }

    private static func show(
        _ outcome: StoreMove.Outcome, _ address: String, _ path: String, isDryRun: Bool, _ session: Session
    ) throws {
        if session.wantsJSON {
            try session.emit(outcome.json(address, isMoved: outcome.wasDone || !isDryRun))
        } else if session.isQuiet {
            for id in outcome.doubted { try session.screen.write("\(id)\n") }
        } else {
            let lines = outcome.words(address, path, isDryRun: isDryRun)
            for line in lines { try session.screen.write(SafeText.escape(line) + "\n") }
        }
    }

    private static func refuseLocalFiles(_ jobs: [Int64], _ session: Session) throws {
        if jobs.isEmpty { return }
        if try session.daemonConfigurationFile().read().storage.url != nil { return }
        let named = jobs.prefix(20).map(String.init).joined(separator: ", ")
        let words = jobs.count > 20 ? "\(named) and \(jobs.count - 20) more" : named
        throw Failure(
            .inputRefused,
            "these jobs name local files, which another machine could not send: \(words); nothing was moved",
            hint: "set storage.url, or let jobd send them first, or cancel them")
    }
}

extension StoreMove.Progress {
    fileprivate var words: String {
        let verb =
            switch step {
            case .check: "checking"
            case .copy: "copying"
            case .compare: "comparing"
            }
        return "\(verb) \(table): \(NumberText.of(rows))"
    }
}

extension StoreMove.Outcome {
    fileprivate func json(_ address: String, isMoved: Bool) -> JSON {
        var counts = JSONObject()
        for (table, count) in rows { counts[table] = .integer(Int64(count)) }
        return .object([
            "store": .string(address), "moved": .bool(isMoved), "rows": .object(counts),
            "uncertain": .array(doubted.map { .integer($0) }),
        ])
    }

    fileprivate func words(_ address: String, _ directory: String, isDryRun: Bool) -> [String] {
        if wasDone { return ["it was moved to \(address) before; nothing was left to do"] }
        let jobs = rows.first { $0.table == "jobs" }?.count ?? 0
        let others = rows.reduce(0) { $0 + $1.count } - jobs
        let what = "\(NumberText.of(jobs, "job")) and \(NumberText.of(others, "other row"))"
        var lines = [isDryRun ? "would move \(what) to \(address)" : "moved \(what) to \(address)"]
        if !doubted.isEmpty {
            lines.append(
                "\(NumberText.of(doubted.count, "job")) that jobd was sending when it ended "
                    + (isDryRun ? "would be uncertain" : "are uncertain: see jobctl list --state uncertain"))
        }
        if isDryRun { return lines }
        return lines + [
            "the files stay in \(directory), on this machine",
            "next: name the store in the configuration, \"store\": \"\(address)\", and start jobd",
        ]
    }
}
