internal import Catalogue
internal import CommandLineTool
internal import Glibc
internal import JSON
internal import JobStore
internal import Spelling
internal import Startup

/// The whole of `jobctl`: finds the verb, runs it, and turns errors into messages and exit codes.
package enum ControlProgram {
    static let verbs: [any ControlVerb.Type] = [
        EnqueueVerb.self, ListVerb.self, ShowVerb.self, ExplainVerb.self, FilesVerb.self, OpenVerb.self,
        WaitVerb.self, WatchVerb.self, EventsVerb.self, CancelVerb.self, RetryVerb.self, RerunVerb.self,
        HoldVerb.self, ReleaseVerb.self, PickVerb.self,
        SetVerb.self, ResolveVerb.self, AdoptVerb.self, PauseVerb.self, ResumeVerb.self, ModelsVerb.self,
        ValidateVerb.self,
        VerifyVerb.self, PruneVerb.self, ExportVerb.self, SearchVerb.self, StatsVerb.self, GalleryVerb.self,
        BackupVerb.self, RestoreVerb.self, MigrateVerb.self, MoveStoreVerb.self, DoctorVerb.self,
        MCPVerb.self, CompletionVerb.self,
        VersionVerb.self, HelpVerb.self,
    ]

    static let commonOptions: [Option] = [.stateDirectory, .store, .host, .json, .quiet, .help]

    package static func main() -> Never {
        // A transaction that is cut off here is rolled back.
        signal(SIGINT) { _ in _exit(ExitCode.interrupted.rawValue) }
        let words = Result {
            let typed = try Arguments.ofThisProcess()
            return try ForwardedCall(typed)?.begin() ?? typed
        }
        let environment = Environment.values(
            of: [
                "JOBD_STATE_DIR", "XDG_STATE_HOME", "HOME", "NO_COLOR", "TERM", "COLUMNS", "TMPDIR",
                "BROWSER", "CREDENTIALS_DIRECTORY",
            ] + Pager.variables + ConfigurationFile.variables + HostCall.variables)
        let screen = Screen(environment: environment)
        var code: ExitCode
        do {
            code = try run(try words.get(), environment, screen)
            try screen.finish()
        } catch {
            try? screen.finish()
            let failure = Failure(of: error)
            report(failure, (try? words.get()) ?? CommandLine.arguments, screen)
            code = failure.code
        }
        exit(code.rawValue)
    }

    /// The words may be what cannot be read, so they are searched as they are.
    private static func report(_ failure: Failure, _ words: [String], _ screen: Screen) {
        let options = words.prefix { $0 != "--" }
        guard options.contains("--\(Option.json.name)") else { return screen.report(failure, by: "jobctl") }
        screen.say(SafeText.escapeJSON(failure.json().text))
    }

    private static func run(
        _ words: [String], _ environment: [String: String], _ screen: Screen
    ) throws -> ExitCode {
        // A completion script passes on the options that it is asked about. They are not for us.
        if words.first == CompleteVerb.command.name {
            return try CompleteVerb.run(Array(words.dropFirst()), environment, screen)
        }
        if words.first == ReceiveFiles.name { return try ReceiveFiles.run(environment, screen) }
        let leading = try Arguments(words, options: commonOptions + [.version, .man], stopsAtOperand: true)
        if let date = leading.value(.man) {
            let command = try leading.operands.first.map { try Self.verb(named: $0).command }
            try screen.write(
                command.map { ControlManual.page(of: $0, date: date) } ?? ControlManual.page(date: date))
            return .success
        }
        guard let name = leading.operands.first else {
            if leading.has(.help) {
                let words = leading.has(.json) ? ["--json"] : []
                let session = try Session(HelpVerb.self, words: words, environment, screen)
                session.usePager()
                return try HelpVerb.run(session)
            }
            if leading.has(.version) {
                return try VersionVerb.run(Session(VersionVerb.self, words: [], environment, screen))
            }
            let session = try Session(StatusVerb.self, words: words, environment, screen)
            return try HostCall(StatusVerb.self, session)?.run() ?? StatusVerb.run(session)
        }
        let before = words.dropLast(leading.operands.count)
        let rest = leading.operands.dropFirst()
        let verb = try verb(named: name)
        let session = try Session(verb, words: Array(before) + rest, environment, screen)
        if let call = try HostCall(verb, session) { return try call.run() }
        if session.arguments.has(.help) {
            session.usePager()
            return try HelpVerb.show(verb.command.name, session)
        }
        if verb.isPaged(session) { session.usePager() }
        return try verb.run(session)
    }

    static func verb(named name: String) throws(Failure) -> any ControlVerb.Type {
        do { return try named(name, among: verbs, "verb") { $0.command.name } } catch {
            guard let hint = OtherWords.hint(for: name) else { throw error }
            throw Failure(error.code, error.message, hint: hint)
        }
    }

    /// The one with this name, or the only one whose name begins with it.
    static func named<Entry>(
        _ typed: String, among all: [Entry], _ kind: String, name: (Entry) -> String
    ) throws(Failure) -> Entry {
        if let entry = all.first(where: { name($0) == typed }) { return entry }
        let fitting = typed.isEmpty ? [] : all.filter { name($0).hasPrefix(typed) }
        let word = SafeText.escape(typed)
        guard let entry = fitting.first else {
            let near = Suggestion.nearest(to: typed, among: all.map(name))
            throw .usage(
                "unknown \(kind) \"\(word)\"",
                hint: near.map { "did you mean \($0)?" } ?? "jobctl help lists them all")
        }
        guard fitting.count == 1 else {
            let names = fitting.map(name).joined(separator: ", ")
            throw .usage("\"\(word)\" could be \(names)", hint: "write more of the \(kind)")
        }
        return entry
    }
}

/// One verb of `jobctl`.
protocol ControlVerb: SendableMetatype {
    static var command: Command { get }
    /// Whether its output is a long text to read.
    static func isPaged(_ session: Session) -> Bool
    static func run(_ session: Session) throws -> ExitCode
}

extension ControlVerb {
    static func isPaged(_ session: Session) -> Bool { false }
}

extension Failure {
    /// How a verb's error is reported.
    init(of error: any Error) {
        guard let error = error as? ArgumentError else {
            self.init(error)
            return
        }
        self.init(error.isInput ? .inputRefused : .usage, SafeText.escape("\(error)"))
    }

    /// A word that is not one of `known`. The hint names the nearest of these, or of `alternatives` to them.
    static func unknown(
        _ message: String, _ word: String, among known: [String], or alternatives: [String] = [],
        listedAs title: String
    ) -> Failure {
        let near = Suggestion.likely(for: word, among: alternatives + known)
        return .usage(
            "\(message) \"\(SafeText.escape(word))\"",
            hint: (near.map { "did you mean \($0)? " } ?? "") + "\(title) \(known.joined(separator: ", "))")
    }
}
