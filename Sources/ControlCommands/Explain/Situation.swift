internal import CommandLineTool
internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy
internal import Startup

/// What the explanations of all jobs have in common, looked up once.
final class Situation {
    let store: JobDatabase
    let now: Timestamp
    let isRunning: Bool
    let pauses: [Pause]
    /// At which origin jobd asks, or did when it last ran.
    let apiOrigin: String?
    /// What jobd goes by, as far as that is known from here; nil where its file cannot be read.
    let configuration: Configuration?
    let configurationPath: String
    let models: ModelCatalogue
    /// What is set above the file, by `--set`.
    private let assignments: [String]
    private let underway: [(state: JobState, model: String, count: Int64)]
    private var runs: [String: (whole: Duration?, atWork: Duration?)] = [:]
    private var known: Admission?

    init(
        _ store: JobDatabase, _ models: ModelCatalogue, _ configuration: Configuration?, at path: String,
        setting assignments: [String], isRunning: Bool
    ) throws {
        (self.store, now, self.models, self.isRunning) = (store, store.now, models, isRunning)
        (self.configuration, configurationPath, self.assignments) = (configuration, path, assignments)
        pauses = try store.pauses()
        apiOrigin = try store.apiOrigin()
        underway = try store.underway(at: apiOrigin)
    }

    convenience init(_ session: Session, _ store: JobDatabase) throws {
        let holder = StateLock.holder(of: store.directory).flatMap { $0.name == "jobd" ? $0 : nil }
        let file = try Self.file(session, store.directory, runningAs: holder?.processID)
        let configuration = try Self.configuration(in: file, session)
        try self.init(
            store, session.models(in: store, configuration), configuration, at: file.place.path,
            setting: file.assignments, isRunning: holder != nil)
    }

    /// What jobd's next claim would ask; nil where its configuration is not known.
    func admission() throws -> Admission? {
        guard known == nil, let configuration else { return known }
        var inFlight = InFlight()
        for entry in underway where entry.state != .downloading {
            inFlight.add(Int(entry.count), of: entry.model)
        }
        for (model, at) in try store.recentSubmissions(since: now + .seconds(-60)) {
            inFlight.noteSent(model, at: at.milliseconds)
        }
        // Of a gate that is closed, a pause tells.
        let choice = SubmissionGate().choice(
            limit: configuration.maxSubmitting, underway: Int(count([.submitting])), at: 0)
        var admission = Admission(
            configuration, inFlight, allowance: choice.allowance, at: now.milliseconds)
        try admission.readBudgets { try $0 == .day ? store.spentToday() : store.spent(since: nil) }
        known = admission
        return admission
    }

    private static func configuration(in file: ConfigurationFile, _ session: Session) throws -> Configuration?
    {
        do throws(Failure) { return try file.read() } catch {
            // What was asked for here is meant; of what is there anyway, the rest can be explained without
            // it.
            if session.arguments.has(.config) || session.arguments.has(.set) { throw error }
            session.note("note: \(error.message); its limits are not known here")
            return nil
        }
    }

    /// The configuration that was asked for here, else the one that the running jobd was started with.
    private static func file(_ session: Session, _ directory: StateDirectory, runningAs process: Int32?)
        throws
        -> ConfigurationFile
    {
        let own = try session.configurationFile()
        guard let process, !session.arguments.has(.config), !session.arguments.has(.set) else { return own }
        // What is not ours to read, or not understood, is as if nothing had been said there.
        guard let line = try? InputReader("/proc/\(process)/cmdline").all() else { return own }
        let words = line.split(separator: 0, omittingEmptySubsequences: false).dropFirst().map {
            String(decoding: $0, as: UTF8.self)
        }
        guard let arguments = try? Arguments(Array(words.dropLast()), options: DaemonOptions.all),
            arguments.value(.config)?.hasPrefix("/") ?? true
        else { return own }
        return ConfigurationFile(
            arguments: arguments, environment: session.environment, directory: directory)
    }

    /// Where `key` would be changed.
    func place(of key: String) -> String {
        let isSetAbove = assignments.contains { assignment in
            let set = assignment.prefix { $0 != "=" }
            return key == set || key.hasPrefix(set + ".")
        }
        return isSetAbove ? "where jobd is started (--set)" : "in \(configurationPath)"
    }

    func count(_ states: [JobState]) -> Int64 {
        underway.reduce(0) { states.contains($1.state) ? $0 + $1.count : $0 }
    }

    /// What half of the last jobs of `model` took at most; nil while fewer than three are known.
    func usual(_ model: String) throws -> (whole: Duration?, atWork: Duration?) {
        if let known = runs[model] { return known }
        let last = try store.lastRuns(of: model, limit: 32)
        let usual = (RunTimes(last.whole).median, RunTimes(last.atWork).median)
        runs[model] = usual
        return usual
    }

    /// `3 min ago`, `in 2 h`.
    func relative(_ moment: Timestamp) -> String {
        TimeText.relative(moment.milliseconds, now: now.milliseconds)
    }

    func local(_ moment: Timestamp) -> String { TimeText.local(moment.milliseconds) }
}
