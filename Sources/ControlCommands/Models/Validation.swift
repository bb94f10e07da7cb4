internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import Orders

/// Checks inputs against their schemas and, if asked for, their files against the rules for files.
struct Validation {
    private let session: Session
    private let fetches: Bool
    /// The model of a single input.
    private var model: String?
    /// Inputs whose files are not checked yet: many files are checked with one question to jobd.
    private var waiting: [CheckedInput] = []
    private var reports: [ExactText: FileReport] = [:]
    private var count = 0
    private var refused = 0
    private var refusals = Findings()
    private var unreachable = Findings()

    private static let inputsAtOnce = 256
    private static let mostReportsKept = 10_000

    /// What is reported at the end.
    private struct Findings {
        private(set) var faults: [Failure.Fault] = []
        private var more = 0

        /// The first lines explain enough.
        private static let most = 100

        mutating func add(_ fault: Failure.Fault) {
            if faults.count < Self.most { faults.append(fault) } else { more += 1 }
        }

        /// All that is said of them.
        var list: [Failure.Fault] { faults + (more > 0 ? [.init("and \(more) more")] : []) }
    }

    init(_ session: Session, fetches: Bool) {
        self.session = session
        self.fetches = fetches
    }

    mutating func add(_ input: CheckedInput) throws {
        if !session.arguments.has(.batch) { model = input.model }
        waiting.append(input)
        if waiting.count == Self.inputsAtOnce { try reportWaiting() }
    }

    /// Throws if anything is wrong, or if a file could not be checked.
    mutating func finish() throws -> ExitCode {
        try reportWaiting()
        guard refused == 0 else {
            for fault in unreachable.faults { session.note("note: \(fault)") }
            let model = model ?? session.arguments.operands.first ?? "MODEL"
            let title =
                if session.arguments.has(.batch) {
                    "\(NumberText.of(refused)) of \(NumberText.of(count, "line")) are refused"
                } else if fetches {
                    "\(model) would not accept this input"
                } else {
                    "the input breaks the schema of \(model)"
                }
            throw Failure(
                .inputRefused, SafeText.escape(title),
                hint: "jobctl models show \(SafeText.escape(model)) shows what it takes",
                faults: refusals.list)
        }
        guard unreachable.faults.isEmpty else {
            throw Failure(
                .unavailable, "not all files could be checked",
                hint: "try again later; RunComfy must be able to reach them, too", faults: unreachable.list)
        }
        session.note(
            session.arguments.has(.batch) ? "all \(NumberText.of(count)) are valid" : "the input is valid")
        return .success
    }

    private mutating func reportWaiting() throws {
        if fetches { try checkFiles() }
        var table = Table([
            .init("FILE"), .init("TYPE"), .init("SIZE", alignsRight: true), .init("PIXELS"),
            .init("URL", isFlexible: true),
        ])
        for var input in waiting {
            count += 1
            let line = input.line.map { "line \($0)" }
            let place = line.map { $0 + ": " } ?? ""
            for file in input.files {
                guard let report = reports[ExactText(file.url)] else { continue }
                input.judge(file, report)
                table.add(([place + file.path] + report.cells + [file.url]).map { Table.Cell($0) })
            }
            if session.wantsJSON { try session.emit(input.json) }
            for finding in input.unchecked { session.note("note: \(place)\(finding)") }
            for finding in input.unreachable { unreachable.add(.init(finding, in: line)) }
            guard input.isRefused else { continue }
            refused += 1
            if let fault = input.fault { refusals.add(.init(place: line, SafeText.escape(fault))) }
            for violation in input.violations { refusals.add(.init(violation, in: line)) }
        }
        if !session.wantsJSON, !session.isQuiet { try session.screen.write(table) }
        waiting = []
    }

    /// Each address is asked for once, however many inputs name it.
    private mutating func checkFiles() throws {
        if reports.count > Self.mostReportsKept { reports = [:] }
        var addresses: [String] = []
        var isAsked: Set<ExactText> = []
        for file in waiting.flatMap(\.files)
        where reports[ExactText(file.url)] == nil && isAsked.insert(ExactText(file.url)).inserted {
            addresses.append(file.url)
        }
        if addresses.isEmpty { return }
        let answers = try DaemonQuestion("media", session).answers(
            about: addresses, orElse: "the files were not checked")
        for (address, answer) in zip(addresses, answers) { reports[ExactText(address)] = FileReport(answer) }
        guard addresses.allSatisfy({ reports[ExactText($0)] != nil }) else {
            throw Failure(
                .bug, "the files were not checked: jobd did not answer for all of them",
                hint: "are jobd and jobctl of the same version?")
        }
    }
}
