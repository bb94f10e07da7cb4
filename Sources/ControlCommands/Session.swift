internal import Catalogue
internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders
internal import Outputs
internal import Spelling
internal import Startup

/// One run of one verb: what was typed, and the ways to the store and to the screen.
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

    func directory() throws -> StateDirectory {
        try StateDirectory.resolve(option: arguments.value(.stateDirectory), environment: environment)
    }

    func store(_ purpose: JobDatabase.Purpose) throws -> JobDatabase { try JobDatabase(directory(), purpose) }

    /// The store, or nil where there is none yet: for verbs that can do without.
    func storeIfAny(_ purpose: JobDatabase.Purpose = .read) throws -> JobDatabase? {
        do { return try store(purpose) } catch StoreError.missing, StoreError.nowhere { return nil }
    }

    func emit(_ value: JSON) throws { try screen.write(SafeText.escapeJSON(value.text) + "\n") }

    func emit(_ job: Job, in store: JobDatabase, adding members: JSONObject = [:]) throws {
        guard case .object(var object) = job.json(outputs: try store.outputs(of: job.id)) else { return }
        object.members += members.members
        try emit(.object(object))
    }

    /// A word to the person about what was done, which is left out under `-q`.
    func note(_ text: String) {
        if !isQuiet { screen.say(SafeText.escape(text)) }
    }

    /// What a person would most likely type next. It is for people alone: never in a pipe, nor where a
    /// program reads.
    func suggest(_ command: String?) {
        guard let command, screen.isTerminal, screen.standardErrorIsTerminal, !isQuiet, !wantsJSON else {
            return
        }
        screen.say(screen.styled("next: " + SafeText.escape(command), .dim))
    }

    /// Asks before something is done. Throws where the answer is no, or nobody is there to give it.
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

    /// Says that nothing will move, where no jobd runs.
    func noteIfNoDaemon(_ directory: StateDirectory, _ consequence: String) {
        if !isDaemonRunning(directory) { note("note: jobd is not running; \(consequence)") }
    }

    func isDaemonRunning(_ directory: StateDirectory) -> Bool {
        StateLock.holder(of: directory)?.name == "jobd"
    }

    /// The ids of all models that have a schema.
    func knownModels(in store: JobDatabase?) throws -> [String] {
        Set(Schema.builtIn.map(\.modelID) + (try store?.storedModels().map(\.model) ?? [])).sorted()
    }

    /// The model that was most likely meant by one that nobody knows.
    func nearModel(to typed: String, in store: JobDatabase?) throws -> String? {
        let known = try knownModels(in: store)
        guard !known.contains(typed), !typed.hasSuffix("*") else { return nil }
        return known.first { $0.hasSuffix("/" + typed) } ?? Suggestion.nearest(to: typed, among: known)
            ?? known.first { $0.contains(typed) }
    }

    /// The id whose end was typed, where only one known model ends so; else what was typed.
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

    /// The option's value as a moment.
    func moment(_ option: Option, _ direction: TimeText.Direction) throws -> Timestamp? {
        guard let text = arguments.value(option) else { return nil }
        return try Timestamp(written: text, direction, as: "--\(option.name)")
    }
}

extension Session {
    /// For the verbs that look at what jobd is told.
    static let configurationOptions = ConfigurationFile.options

    func configurationFile() throws -> ConfigurationFile {
        ConfigurationFile(arguments: arguments, environment: environment, directory: try directory())
    }

    /// Where outputs lie, as jobd would put them.
    func outputPlaces() throws -> OutputPlaces {
        try OutputPlaces(directory(), configurationFile().read())
    }
}

extension Session {
    /// Tells a running jobd that there is something to do.
    func wake(_ directory: StateDirectory) { directory.wakeDaemon() }

    /// After the answer: keeps the log short, which every program that opens the store reads.
    func finish(_ store: JobDatabase) throws {
        try screen.flush()
        // The work is done and answered for. What cannot be moved now, the next one moves.
        try? store.tidy()
    }
}
