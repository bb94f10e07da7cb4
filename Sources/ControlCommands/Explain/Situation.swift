internal import Catalogue
internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import Startup

/// What the explanations of all jobs have in common, looked up once.
final class Situation {
    let session: Session
    let store: JobDatabase
    let now: Timestamp
    let isRunning: Bool
    let pauses: [Pause]
    /// At which origin jobd asks, or did when it last ran.
    let apiOrigin: String?
    /// What jobd goes by, as far as that is known from here; nil where its file cannot be read.
    let configuration: Configuration?
    let configurationPath: String
    /// What is set above the file, by `--set`.
    private let assignments: [String]
    private let underway: [(state: JobState, model: String, count: Int64)]
    private var runs: [String: (whole: Duration?, atWork: Duration?)] = [:]
    private var schemas: [String: Schema?] = [:]

    init(_ session: Session, _ store: JobDatabase) throws {
        (self.session, self.store, now) = (session, store, store.now)
        let holder = StateLock.holder(of: store.directory).flatMap { $0.name == "jobd" ? $0 : nil }
        isRunning = holder != nil
        pauses = try store.pauses()
        apiOrigin = try store.apiOrigin()
        underway = try store.underway(at: apiOrigin)
        let file = try Self.file(session, store.directory, runningAs: holder?.processID)
        configurationPath = file.place.path
        assignments = file.assignments
        configuration = try Self.configuration(in: file, session)
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

    /// How many jobs are in one of `states`, of those models that `isMeant` takes.
    func count(_ states: [JobState], where isMeant: (String) -> Bool = { _ in true }) -> Int64 {
        underway.reduce(0) { states.contains($1.state) && isMeant($1.model) ? $0 + $1.count : $0 }
    }

    /// What the last jobs of `model` took, the one in the middle; nil while fewer than three are known.
    func usual(_ model: String) throws -> (whole: Duration?, atWork: Duration?) {
        if let known = runs[model] { return known }
        let last = try store.lastRuns(of: model, limit: 32)
        let usual = (Self.median(last.whole), Self.median(last.atWork))
        runs[model] = usual
        return usual
    }

    private static func median(_ spans: [Duration]) -> Duration? {
        spans.count < 3 ? nil : spans.sorted()[spans.count / 2]
    }

    func schema(of model: String) throws -> Schema? {
        if let known = schemas[model] { return known }
        let schema = try session.schema(of: model, in: store)
        schemas[model] = .some(schema)
        return schema
    }

    /// `3 min ago`, `in 2 h`.
    func relative(_ moment: Timestamp) -> String {
        TimeText.relative(moment.milliseconds, now: now.milliseconds)
    }

    func local(_ moment: Timestamp) -> String { TimeText.local(moment.milliseconds) }
}
