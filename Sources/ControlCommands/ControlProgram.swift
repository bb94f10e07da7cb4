internal import Catalogue
internal import CommandLineTool
internal import Glibc
internal import JobStore
internal import Spelling
internal import Startup

/// The whole of `jobctl`: finds the verb, runs it, and turns what went wrong into words and an exit code.
package enum ControlProgram {
    static let version = "0.1.0"

    static let verbs: [any ControlVerb.Type] = [
        EnqueueVerb.self, ListVerb.self, ShowVerb.self, ExplainVerb.self, WaitVerb.self, WatchVerb.self,
        EventsVerb.self,
        CancelVerb.self,
        RetryVerb.self, RerunVerb.self, HoldVerb.self, ReleaseVerb.self, SetVerb.self, ResolveVerb.self,
        PauseVerb.self,
        ResumeVerb.self, ModelsVerb.self, ValidateVerb.self, VerifyVerb.self, PruneVerb.self, ExportVerb.self,
        SearchVerb.self, StatsVerb.self,
        GalleryVerb.self, BackupVerb.self, DoctorVerb.self, CompletionVerb.self, VersionVerb.self,
        HelpVerb.self,
    ]

    static let commonOptions: [Option] = [.stateDirectory, .json, .quiet, .help]

    package static func main() -> Never {
        // A transaction that is cut off here undoes itself.
        signal(SIGINT) { _ in _exit(ExitCode.interrupted.rawValue) }
        let environment = Environment.values(
            of: ["JOBD_STATE_DIR", "XDG_STATE_HOME", "HOME", "NO_COLOR", "TERM", "COLUMNS", "TMPDIR"]
                + ConfigurationFile.variables)
        let screen = Screen(environment: environment)
        var code: ExitCode
        do {
            code = try run(try Arguments.ofThisProcess(), environment, screen)
            try screen.flush()
        } catch {
            let failure = (error as? ArgumentError).map(Failure.init) ?? Failure(error)
            screen.report(failure, by: "jobctl")
            code = failure.code
        }
        exit(code.rawValue)
    }

    private static func run(
        _ words: [String], _ environment: [String: String], _ screen: Screen
    ) throws -> ExitCode {
        // What the shells ask names options of all kinds; none is meant for us.
        if words.first == CompleteVerb.command.name {
            return try CompleteVerb.run(Array(words.dropFirst()), environment, screen)
        }
        let switches =
            commonOptions + [.version, .man]
        let leading = try Arguments(words, options: switches, stopsAtOperand: true)
        guard let name = leading.operands.first else {
            if let date = leading.value(.man) {
                try screen.write(ControlManual.page(date: date))
                return .success
            }
            if leading.has(.help) {
                let words = leading.has(.json) ? ["--json"] : []
                return try HelpVerb.run(Session(HelpVerb.self, words: words, environment, screen))
            }
            if leading.has(.version) {
                return try VersionVerb.run(Session(VersionVerb.self, words: [], environment, screen))
            }
            return try StatusVerb.run(Session(StatusVerb.self, words: words, environment, screen))
        }
        let before = words.dropLast(leading.operands.count)
        let rest = leading.operands.dropFirst()
        let verb = try verb(named: name)
        let session = try Session(verb, words: Array(before) + rest, environment, screen)
        if session.arguments.has(.help) { return try HelpVerb.show(verb.command.name, session) }
        return try verb.run(session)
    }

    /// The verb of this name, or the only one that begins so.
    static func verb(named name: String) throws(Failure) -> any ControlVerb.Type {
        if let verb = verbs.first(where: { $0.command.name == name }) { return verb }
        let fitting = name.isEmpty ? [] : verbs.filter { $0.command.name.hasPrefix(name) }
        let word = SafeText.escape(name)
        guard let verb = fitting.first else {
            let near = Suggestion.nearest(to: name, among: verbs.map { $0.command.name })
            throw .usage(
                "unknown verb \"\(word)\"",
                hint: near.map { "did you mean \($0)?" } ?? "jobctl help lists them all")
        }
        guard fitting.count == 1 else {
            let names = fitting.map { $0.command.name }.joined(separator: ", ")
            throw .usage("\"\(word)\" could be \(names)", hint: "write more of the verb")
        }
        return verb
    }
}

/// One verb of `jobctl`.
protocol ControlVerb: SendableMetatype {
    static var command: Command { get }
    static func run(_ session: Session) throws -> ExitCode
}

extension Failure {
    fileprivate init(_ error: ArgumentError) {
        self.init(error.isInput ? .inputRefused : .usage, SafeText.escape("\(error)"))
    }
}
