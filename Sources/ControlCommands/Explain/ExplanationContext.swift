internal import CommandLineTool
internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy
internal import Startup

/// What the explanations of all jobs need, looked up once.
final class ExplanationContext {
    let store: JobDatabase
    let now: Timestamp
    let isRunning: Bool
    let pauses: [Pause]
    /// The origin that jobd asks, or asked when it last ran.
    let apiOrigin: String?
    /// What jobd uses, as far as that is known here; nil if its file cannot be read.
    let configuration: Configuration?
    let configurationPath: String
    let models: ModelCatalogue
    /// The values of `--set`, which override the file.
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
        let file = try session.daemonConfigurationFile()
        let isRunning = session.isDaemonRunning(store)
        if let (told, daemon) = try session.toldConfiguration(store) {
            try self.init(
                store, session.models(in: store, told), told, at: "the configuration of \(daemon.place)",
                setting: [], isRunning: isRunning)
            return
        }
        let configuration = try Self.configuration(in: file, session)
        try self.init(
            store, session.models(in: store, configuration), configuration, at: file.place.path,
            setting: file.assignments, isRunning: isRunning)
    }

    /// What keeps jobd from using the object storage now.
    var storageTrouble: Trouble? {
        (try? store.runningDaemons())?.troubles.first { $0.kind == .storage }
    }

    /// What jobd's next claim would check; nil if its configuration is not known.
    func admission() throws -> Admission? {
        guard known == nil, let configuration else { return known }
        let sent = try store.recentSubmissions(since: now + .seconds(-60)).map { ($0, $1.milliseconds) }
        let inFlight = InFlight(underway, sent: sent)
        // A closed gate is recorded as a pause, so here the gate is open.
        let choice = SubmissionGate().choice(
            limit: configuration.maxSubmitting, underway: Int(count([.submitting])), at: 0)
        var admission = Admission(
            configuration, inFlight, allowance: choice.allowance, at: now.milliseconds)
        try admission.readBudgets { try store.spent($0, by: $1) }
        known = admission
        return admission
    }

    private static func configuration(
        in file: ConfigurationFile, _ session: Session
    ) throws -> Configuration? {
        do throws(Failure) { return try file.read() } catch {
            // A configuration that the command names must be readable. Without any other, explain the rest.
            if session.namesConfiguration { throw error }
            session.note("note: \(error.message); its limits are not known here")
            return nil
        }
    }

    /// Where `key` is set: in words, to be changed there.
    func whereSet(_ key: String) -> String {
        // In an assignment, the name of an entry is not quoted.
        let key = key.filter { $0 != "\"" }
        let isSetAbove = assignments.contains { assignment in
            let set = assignment.prefix { $0 != "=" }
            return key == set || key.hasPrefix(set + ".")
        }
        return isSetAbove ? "where jobd is started (--set)" : "in \(configurationPath)"
    }

    func count(_ states: [JobState]) -> Int64 {
        underway.reduce(0) { states.contains($1.state) ? $0 + $1.count : $0 }
    }

    /// The median times of the last jobs of `model`; nil if there are fewer than three.
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
