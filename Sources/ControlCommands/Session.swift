internal import Catalogue
internal import CommandLineTool
internal import Configuration
internal import Glibc
internal import Inputs
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders
internal import Outputs
internal import Spelling
internal import Startup

/// One run of one verb: what was typed, the store, and what is written to the screen.
struct Session {
    let arguments: Arguments
    let screen: Screen
    let environment: [String: String]

    init(
        _ verb: any ControlVerb.Type, words: [String], _ environment: [String: String], _ screen: Screen
    ) throws {
        arguments = try Arguments(words, options: verb.command.options + ControlProgram.commonOptions)
        self.environment = environment
        self.screen = screen
    }

    var wantsJSON: Bool { arguments.has(.json) }
    var isQuiet: Bool { arguments.has(.quiet) }

    /// The option's value as a moment.
    func moment(_ option: Option, _ direction: TimeText.Direction) throws -> Timestamp? {
        guard let text = arguments.value(option) else { return nil }
        return try Timestamp(written: text, direction, as: "--\(option.name)")
    }

    /// The option's value as a span of time in milliseconds.
    func span(_ option: Option) throws -> Int64? {
        guard let text = arguments.value(option) else { return nil }
        guard let span = TimeText.span(text) else {
            throw Failure.usage(
                "\"\(SafeText.escape(text))\" is not a span of time", hint: "write 30s, 5m, 2h or 30d")
        }
        return span
    }
}

// MARK: - The store

extension Session {
    func directory() throws -> StateDirectory {
        try StateDirectory.find(arguments, environment)
    }

    func store(_ purpose: JobDatabase.Purpose) throws -> JobDatabase {
        try JobDatabase(
            directory(), purpose,
            onWait: { [screen] writer in
                screen.say(waiting: SafeText.escape("waiting for the store: \(StoreUsers.wait(for: writer))"))
            },
            onAbsence: { [screen] reason in
                screen.say(waiting: SafeText.escape("waiting for the store: \(reason)"))
            })
    }

    /// The store, for a verb that runs for long: a server that goes away is waited for, which is said once.
    ///
    /// - Parameters:
    ///   - pause: called while it is away; throws to give up, and asks the store nothing.
    ///   - clear: makes room for the words.
    func waitOut(
        _ store: JobDatabase, clear: @escaping () -> Void = {}, _ pause: @escaping () throws -> Void = {}
    ) {
        var last: ContinuousClock.Instant?
        store.waitOut { [self] reason in
            // After some quiet, it is another outage.
            if last.map({ .now - $0 > .seconds(15) }) ?? true {
                clear()
                note("note: waiting for the store: \(reason)")
            }
            last = .now
            try pause()
        }
    }

    /// Repeats what reads several things at once, while the server of a shared store is away.
    func patiently<Value>(_ body: () throws -> Value) throws -> Value {
        while true {
            do { return try body() } catch StoreError.unreachable { usleep(200_000) }
        }
    }

    /// The store, or nil if there is none yet: for verbs that can do without.
    func storeIfAny(_ purpose: JobDatabase.Purpose = .read) throws -> JobDatabase? {
        do { return try store(purpose) } catch StoreError.missing, StoreError.nowhere { return nil }
    }

    /// After the answer: keeps the log short, which every program that opens the store reads.
    func finish(_ store: JobDatabase) throws {
        try screen.flush()
        // The work is done and answered for. What cannot be moved now, the next program moves.
        _ = try? store.tidy()
    }
}

// MARK: - jobd and its configuration

extension Session {
    /// Tells a running jobd that there is something to do.
    func wake(_ directory: StateDirectory) { directory.wakeDaemon() }

    /// Whether any jobd works on the store.
    func isDaemonRunning(_ store: JobDatabase) -> Bool {
        (try? store.runningDaemons().isEmpty) == false
    }

    /// Takes the lock, which no jobd may hold. Another jobctl may for a moment.
    func takeLock(of directory: StateDirectory) throws -> StateLock {
        for _ in 0..<500 {
            if let lock = try StateLock(directory, as: "jobctl") { return lock }
            if let daemon = StateLock.daemon(of: directory) {
                throw Failure(
                    .unavailable,
                    "jobd (pid \(daemon.processID)) is running on \(directory.path); nothing was changed",
                    hint: "stop it first: systemctl stop jobd, or: kill \(daemon.processID)")
            }
            usleep(10_000)
        }
        throw Failure(
            .unavailable, "the lock of \(directory.path) is held by another program; nothing was changed")
    }

    /// Says what will not happen while no jobd runs.
    func noteIfNoDaemon(_ store: JobDatabase, _ consequence: String) {
        if isDaemonRunning(store) { return }
        note("note: \(store.isShared ? "no jobd works on the store" : "jobd is not running"); \(consequence)")
    }

    /// For the verbs that look at jobd's configuration.
    static let configurationOptions = ConfigurationFile.options

    func configurationFile() throws -> ConfigurationFile {
        ConfigurationFile(arguments: arguments, environment: environment, directory: try directory())
    }

    /// Whether this command names a configuration, instead of jobd's.
    var namesConfiguration: Bool { arguments.has(.config) || arguments.has(.set) }

    /// The configuration that this command names, or else that of the running jobd, as far as its command
    /// line shows it. Its environment is never read: the token may be there.
    func daemonConfigurationFile() throws -> ConfigurationFile {
        guard !namesConfiguration, let arguments = try daemonArguments() else {
            return try configurationFile()
        }
        return ConfigurationFile(arguments: arguments, environment: environment, directory: try directory())
    }

    /// What a jobd uses that shares the store, as it tells there; of several, the one that was started last
    /// counts. Nil if this command names a configuration, or none has told.
    func toldConfiguration(_ store: JobDatabase?) throws -> (configuration: Configuration, of: StoredDaemon)?
    {
        guard !namesConfiguration, let told = try store?.runningDaemons().newest,
            let configuration = Configuration(shared: told.settings)
        else { return nil }
        return (configuration, told)
    }

    /// What jobd uses, as far as that is known here.
    func daemonConfiguration(_ store: JobDatabase?) throws -> Configuration {
        try toldConfiguration(store)?.configuration ?? daemonConfigurationFile().read()
    }

    /// The command line of the running jobd; nil if there is none, or it does not say which file it read.
    func daemonArguments() throws -> Arguments? {
        guard let daemon = StateLock.daemon(of: try directory())?.processID,
            let line = try? InputReader("/proc/\(daemon)/cmdline", isOwn: true).all()
        else { return nil }
        let words = line.split(separator: 0, omittingEmptySubsequences: false).dropFirst().map {
            String(decoding: $0, as: UTF8.self)
        }
        guard let arguments = try? Arguments(Array(words.dropLast()), options: DaemonOptions.all),
            arguments.value(.config)?.hasPrefix("/") ?? true
        else { return nil }
        return arguments
    }

    /// The local files that orders name, which jobd sends as its configuration says.
    func localFiles(_ store: JobDatabase?) -> LocalFiles {
        LocalFiles((try? directory()).map { InputFolder($0) }) {
            let configuration = try daemonConfiguration(store)
            if store?.isShared == true {
                let sender = InputSender(session: self, store: store)
                return FileRoutes(shared: configuration.storage.url == nil ? nil : sender.send)
            }
            return FileRoutes(
                isInline: configuration.inputRoute == .data, hasStorage: configuration.storage.url != nil)
        }
    }

    /// The places for outputs that jobd uses.
    func outputPlaces() throws -> OutputPlaces {
        try OutputPlaces(directory(), daemonConfigurationFile().read())
    }
}

// MARK: - What is written

extension Session {
    func emit(_ value: JSON) throws { try screen.write(SafeText.escapeJSON(value.text) + "\n") }

    func emit(_ job: Job, in store: JobDatabase, adding members: JSONObject = [:]) throws {
        let json = job.json(outputs: try store.outputs(of: job.id), file: OutputPlaces(store.directory).path)
        guard case .object(var object) = json else { return }
        object.members += members.members
        try emit(.object(object))
    }

    /// Writes a job as an object under `--json`, as its id under `-q`, and otherwise as `inWords` does.
    func show(
        _ job: Job, in store: JobDatabase, adding members: @autoclosure () throws -> JSONObject = [:],
        inWords: () throws -> Void
    ) throws {
        if wantsJSON {
            try emit(job, in: store, adding: members())
        } else if isQuiet {
            try screen.write("\(job.id)\n")
        } else {
            try inWords()
        }
    }

    /// Writes a path: as it is for programs, safe for a terminal.
    func write(path: String, end: String = "\n") throws {
        try screen.write((screen.isTerminal ? SafeText.escape(path) : path) + end)
    }

    /// Shows the output in a pager, if it is for a person.
    func usePager() {
        if wantsJSON || isQuiet { return }
        TokenSource.removeFromEnvironment()
        screen.usePager(Pager(environment: environment))
    }

    /// Tells the person what was done; left out under `-q`.
    func note(_ text: String) {
        if !isQuiet { screen.say(SafeText.escape(text)) }
    }

    /// Says what a person would most likely type next. It is only for people: never in a pipe, nor for a
    /// program that reads.
    func suggest(_ command: String?) {
        guard let command, screen.isTerminal, screen.standardErrorIsTerminal, !isQuiet, !wantsJSON else {
            return
        }
        screen.say(screen.styled("next: " + SafeText.escape(command), .dim), wraps: false)
    }

    /// Asks before something is done. Throws if the answer is no, or if nobody is there to give it.
    func confirm(
        _ what: String, _ detail: String = "",
        consequence: (unasked: String, no: String) = ("", "nothing was done")
    ) throws {
        guard let answer = screen.confirm("\(what)\(detail)?") else {
            throw Failure.usage(
                "this would \(what)\(consequence.unasked)", hint: "add --yes, or look first with --dry-run")
        }
        guard answer else { throw Failure(.no, consequence.no) }
    }
}

// MARK: - Names of models

extension Session {
    /// The ids of all models that have a schema.
    func knownModels(in store: JobDatabase?) throws -> [String] {
        Set(Schema.builtIn.map(\.modelID) + (try store?.storedModels().map(\.model) ?? [])).sorted()
    }

    /// The known model that was most likely meant by an unknown one.
    func nearModel(to typed: String, in store: JobDatabase?) throws -> String? {
        let known = try knownModels(in: store)
        guard !known.contains(typed), !typed.hasSuffix("*") else { return nil }
        return ModelName.meant(by: typed, among: known) ?? Suggestion.nearest(to: typed, among: known)
            ?? known.first { $0.contains(typed) }
    }

    /// The whole id if what was typed is the end of only one known model; else what was typed.
    func fullName(of typed: String, in store: JobDatabase?) throws -> String {
        switch ModelName(typed, among: try knownModels(in: store)) {
        case .asTyped: return typed
        case .completed(let model):
            note("note: \(typed) is \(model)")
            return model
        case .ambiguous(let candidates):
            throw Failure(
                .inputRefused,
                "several models end in \(SafeText.escape(typed)): "
                    + SafeText.escape(candidates.joined(separator: ", ")), hint: "give the whole id")
        }
    }
}
