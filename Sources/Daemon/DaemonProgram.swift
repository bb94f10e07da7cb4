internal import CLinux
internal import CommandLineTool
internal import Configuration
internal import Glibc
internal import JSON
internal import JobStore
internal import ObjectStorage
internal import Startup
internal import System
internal import Worker

/// All of jobd: reads its configuration, locks the state directory, and runs the worker until it is stopped.
package struct DaemonProgram {
    /// For jobctl (see `Question`).
    private static let ask = Option("ask", value: "WHAT", "find something out over the network")
    /// For make, beside `man`.
    private static let manConfiguration = Option(
        "man-configuration", value: "DATE", "the manual page of the configuration")

    static let command = Command(
        "", "submit queued generation jobs, follow them, and download what they make",
        discussion: [
            """
            Runs until it is stopped. After SIGTERM or SIGINT, requests on the wire still get their answers, \
            and nothing is lost; a second signal ends jobd at once. SIGHUP reads the configuration and the \
            token file again.
            """,
            "The token comes from the systemd credential \"token\", token_file, $RUNCOMFY_TOKEN, "
                + "$RUNCOMFY_API_TOKEN, $RUNCOMFY_API_KEY or $YOUR_API_TOKEN.",
        ],
        options: DaemonOptions.all + [.completion],
        examples: [
            .init("RUNCOMFY_TOKEN=… jobd", "run in the foreground"),
            .init("jobd --drain", "do everything that is queued, then end"),
            .init("jobd --api-url http://127.0.0.1:8471 --set max_in_flight=4", "against the simulator"),
        ])

    private let arguments: Arguments
    private let environment: [String: String]
    private let screen: Screen

    package static func main() -> Never { TaskThread.run { await start() } }

    private static func start() async -> Never {
        // A reload before anything has been read means nothing, and must not end the program.
        signal(SIGHUP, SIG_IGN)
        // The token is in memory, and may be in the environment.
        linux_keep_memory_secret()
        let names = [
            "JOBD_STATE_DIR", "XDG_STATE_HOME", "NO_COLOR", "TERM", "COLUMNS", "CREDENTIALS_DIRECTORY",
            "JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
        ]
        let environment = Environment.values(
            of: names + ConfigurationFile.variables + TokenSource.variables + CredentialSource.variables)
        let screen = Screen(environment: environment)
        do {
            let arguments = try Arguments(
                try Arguments.ofThisProcess(), options: Self.command.options + [ask, .man, manConfiguration])
            let program = DaemonProgram(arguments: arguments, environment: environment, screen: screen)
            let code = try await program.run()
            try screen.flush()
            exit(code.rawValue)
        } catch {
            let failure = Failure(error)
            screen.report(failure, by: "jobd", keepingNewlines: false)
            exit(failure.code.rawValue)
        }
    }

    private func run() async throws -> ExitCode {
        if let text = try text() {
            try screen.write(text)
            return .success
        }
        guard arguments.operands.isEmpty else {
            throw Failure.usage("jobd takes no operands", hint: "see jobd --help")
        }
        let directory = try StateDirectory.find(arguments, environment)
        let file = ConfigurationFile(arguments: arguments, environment: environment, directory: directory)
        let configuration = try file.read()
        let source = TokenSource(environment: environment, configuration: configuration)
        if let name = arguments.value(Self.ask) {
            try await Question(named: name).answer(configuration, source, environment, screen)
            return .success
        }
        let log = LogWriter(configuration.logLevel, environment: environment)
        let services = try Services(directory, configuration, environment, log)
        let token = try source.find()
        let context = try services.context(configuration, token: token)
        if arguments.has(DaemonOptions.check) {
            return try DaemonCheck(
                directory: directory, file: file, configuration: configuration, token: token, screen: screen
            ).run()
        }
        if token == nil, arguments.has(DaemonOptions.drain) { throw TokenSource.missing }
        // There is nothing to stop yet.
        for number in [SIGTERM, SIGINT] { signal(number) { _ in _exit(0) } }
        try directory.create()
        let lock = try takeLock(of: directory)
        Restoration.removeLeftovers(of: directory)
        return try await serve(file, lock, services, context, token)
    }

    /// What is printed instead of running; nil if jobd is to run.
    private func text() throws(Failure) -> String? {
        if arguments.has(.help) {
            return Self.command.help(program: "jobd", common: [], width: min(screen.width, 100))
        }
        if arguments.has(.version) { return "jobd \(Release.version)\n" }
        if let date = arguments.value(.man) { return DaemonManual.page(date: date) }
        if let date = arguments.value(Self.manConfiguration) {
            return DaemonManual.configurationPage(date: date)
        }
        guard let shell = arguments.value(.completion) else { return nil }
        let keys = Settings.all.map { "\($0.key)=" }
        return try Shell(named: shell).script(
            for: "jobd", Self.command.options, words: ["KEY=VALUE": keys])
    }

    /// A jobctl may hold the lock for a moment; a jobd holds it for as long as it runs.
    private func takeLock(of directory: StateDirectory) throws -> StateLock {
        for _ in 0..<500 {
            if let lock = try StateLock(directory, as: "jobd") { return lock }
            if let holder = StateLock.holder(of: directory), holder.name == "jobd" {
                throw Failure(
                    .unavailable, "another jobd (pid \(holder.processID)) has \(directory.path)",
                    hint: "a state directory has only one jobd; name another directory with --state-dir")
            }
            usleep(10_000)
        }
        throw Failure(.unavailable, "the lock of \(directory.path) is held by another program")
    }

    private func serve(
        _ file: ConfigurationFile, _ lock: StateLock, _ services: Services, _ context: WorkerContext,
        _ token: TokenSource.Token?
    ) async throws -> ExitCode {
        raiseFileLimit()
        let (directory, log) = (services.directory, services.log)
        let store = try openStore(lock, services)
        let dispatcher = await Dispatcher(
            store: store, context: context, drains: arguments.has(DaemonOptions.drain))
        let manager = ServiceManager(environment: environment)
        let tasks = try await BackgroundTasks(services, store, context.configuration, manager)
        await TroubleReport(lock: lock, store: store, log: log, tasks: tasks).watch(services.troubles)
        let secret = Locked(token?.secret)
        let signals = try SignalWatch(
            onStop: {
                log.write(.info, "stopping")
                manager.stopping()
                Task { await dispatcher.stop() }
            },
            onReload: {
                Task {
                    await manager.duringReload {
                        await Self.reload(dispatcher, tasks, services, store, file, secret)
                    }
                }
            })
        await store.whenLost { loss in
            log.write(.error, "\(loss); jobd stops, and sends nothing more")
            Task { await dispatcher.stop() }
        }
        let changes = ChangeWatch(directory, log) {
            dispatcher.wake()
            tasks.wake()
        }
        greet(directory, log, token)
        let watchdog = Watchdog(manager, dispatcher, store, services)
        let ending = try await run(dispatcher, tasks, watchdog, manager)
        changes.end()
        await services.shutdown()
        // If the lock is lost, another jobd may listen there.
        if lock.isHeld { directory.removeWakeSocket() }
        try await close(store, log)
        withExtendedLifetime(signals) {}
        return try code(of: ending)
    }

    private func openStore(_ lock: StateLock, _ services: Services) throws -> JobStore {
        let (directory, log) = (services.directory, services.log)
        return try JobStore(lock: lock, lease: services.lease) {
            try JobDatabase(
                directory, .create, lock: lock,
                onWait: { log.write(.warning, "the store waits: \(StoreUsers.wait(for: $0))") })
        }
    }

    /// Logs where jobd runs, and what is in its way.
    private func greet(_ directory: StateDirectory, _ log: LogWriter, _ token: TokenSource.Token?) {
        let store = directory.sharedStore.map { " and the store \($0)" } ?? ""
        log.write(.info, "jobd \(Release.version) runs on \(directory.path)\(store)")
        if directory.sharedStore == nil, let complaint = FileSystem(of: directory.path).complaint {
            log.write(.warning, "\(complaint.text); \(complaint.hint)")
        }
        if let token {
            log.write(.info, "the token is from \(token.origin)")
        } else {
            log.write(.warning, "there is no token: submissions are paused")
        }
    }

    /// Runs until there is nothing left to do, or until it is told to stop.
    private func run(
        _ dispatcher: Dispatcher, _ tasks: BackgroundTasks, _ watchdog: Watchdog, _ manager: ServiceManager
    ) async throws -> Dispatcher.Ending {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await tasks.run() }
            group.addTask { await watchdog.run() }
            let result: Result<Dispatcher.Ending, any Error>
            let whenReady = { @Sendable in
                manager.ready()
                // The start needs far more of the program than the rest.
                linux_release_program_pages()
            }
            do { result = .success(try await dispatcher.run(whenReady: whenReady)) } catch {
                result = .failure(error)
            }
            manager.stopping()
            // Nothing else ends them: jobd would keep running and do nothing.
            watchdog.finish()
            await tasks.finish(all: (try? result.get()).map { $0 != .stopped } ?? false)
            return try result.get()
        }
    }

    private func close(_ store: JobStore, _ log: LogWriter) async throws {
        do { try await store.close() } catch StoreError.lost(let reason, let hint) {
            throw StoreError.lost(reason: reason, hint: hint)
        } catch StoreError.unreachable(let reason) {
            log.write(.warning, "the lease could not be ended: \(reason)")
        } catch {
            // Everything is on disk, in the log. The next start moves it into the database.
            log.write(.warning, "the database's log was not moved into the database: \(error)")
        }
    }

    private func code(of ending: Dispatcher.Ending) throws(Failure) -> ExitCode {
        switch ending {
        case .stopped, .drained: return .success
        case .unrecorded(let jobs):
            throw Failure(
                .inputOutput, "what became of \(jobs.joined(separator: "; ")) could not be written",
                hint: "when the store can be written again, start jobd: the job is then uncertain, and "
                    + "jobctl resolve ID --adopt REQUEST follows what was bought")
        case .account(let detail):
            throw Failure(.permission, "the account keeps the rest from being done: \(detail)")
        case .elsewhere(let detail):
            throw Failure(
                .configuration, detail, hint: "set api_url to where they were bought; nothing is lost")
        }
    }

    /// A reload that fails changes nothing.
    private static func reload(
        _ dispatcher: Dispatcher, _ tasks: BackgroundTasks, _ services: Services, _ store: JobStore,
        _ file: ConfigurationFile, _ secret: Locked<String?>
    ) async {
        do {
            let configuration = try file.read()
            guard configuration.store == services.directory.sharedStore else {
                throw Failure(.configuration, "store names another one now, for which jobd must be restarted")
            }
            let token = try TokenSource(environment: file.environment, configuration: configuration).find()
            let context = try services.context(configuration, token: token)
            services.log.change(configuration.logLevel)
            await dispatcher.reload(context)
            await tasks.reload(configuration)
            await services.tell(configuration, to: store)
            let before = secret.withLock { secret in
                defer { secret = token?.secret }
                return secret
            }
            services.log.write(
                .info, "the configuration was read again; \(Self.change(of: token, from: before))")
        } catch {
            services.log.write(.error, "the configuration stays as it was: \(Failure(error).message)")
        }
    }

    private static func change(of token: TokenSource.Token?, from before: String?) -> String {
        guard let token else { return before == nil ? "there is no token" : "there is no token any more" }
        return token.secret == before ? "the token is the same" : "the token is new, from \(token.origin)"
    }

    /// Each connection and each file takes a descriptor.
    private func raiseFileLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
