internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Outputs
internal import Startup

/// One column of a list of jobs: a column of the table `jobs`, or one that is derived from it.
struct JobColumn: Equatable {
    let name: String

    private init(_ name: String) { self.name = name }

    static let standard = ["id", "state", "model", "created_at", "label", "prompt"].map { JobColumn($0) }

    /// For a list of failed jobs: why they failed, in place of what all of them have or nobody asks.
    static let whyFailed = ["id", "model", "created_at", "label", "error_message"].map { JobColumn($0) }

    static let message = JobColumn("error_message")

    /// Named as in the view `history`, without their unit. `file` is the path of the first of `files`.
    private static let derived = ["prompt", "file", "files", "bytes", "waited", "queued", "ran", "fetched"]

    /// The columns of `jobs` in their order, as a job's object has them.
    static let ofTable: [String] = {
        let empty = Job(id: 0, state: .queued, model: "", input: "{}", createdAt: Timestamp(milliseconds: 0))
        return empty.columns.keys
    }()

    static let names = ofTable + derived

    /// Reads `id,state,cost`. The endings `_at`, `_usd` and `_s` may be left out.
    static func read(_ text: String) throws -> [JobColumn] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            let word = String(word)
            guard
                let name = names.first(where: { $0 == word })
                    ?? names.first(where: { plain($0) == plain(word) })
            else {
                throw Failure.unknown(
                    "unknown column", word, among: names, or: names.map(plain), listedAs: "columns are")
            }
            return JobColumn(name)
        }
    }

    /// A column's name without its ending.
    static func plain(_ name: String) -> String {
        for ending in ["_at", "_usd", "_s"] where name.hasSuffix(ending) {
            return String(name.dropLast(ending.count))
        }
        return name
    }

    var heading: Table.Column {
        Table.Column(
            Self.plain(name).replacing("_", with: " ").uppercased(), alignsRight: isNumber,
            isFlexible: ["label", "prompt", "input", "key", "error_message", "file"].contains(name),
            keepsEnd: name == "model" || name == "file", enough: name == "label" ? 14 : 40)
    }

    private var isNumber: Bool {
        [
            "id", "priority", "queue_position", "submissions", "price_usd", "cost_usd", "files", "bytes",
            "waited", "queued", "ran", "fetched",
        ].contains(name)
    }

    /// The exact value, for programs: seconds, dollars, UTC.
    func value(_ row: JobRow) throws -> JSON {
        let job = row.job
        switch name {
        case "id": return .integer(job.id)
        case "state": return .string(job.state.rawValue)
        case "model": return .string(job.model)
        case "created_at": return .string(job.createdAt.description)
        case "label": return .optional(job.label)
        case "prompt": return .optional(job.prompt)
        case "file": return .optional(try row.file())
        case "files": return .integer(try row.files().count)
        case "bytes": return .integer(try row.files().reduce(0) { $0 + ($1.bytes ?? 0) })
        case "waited", "queued", "ran", "fetched":
            return .optional(row.length(of: name).map { Double($0.wholeMilliseconds) / 1000 })
        default: return row.object[name] ?? .null
        }
    }

    func cell(_ row: JobRow, isTerminal: Bool) throws -> Table.Cell {
        if name == "state" { return .init(row.job.state.rawValue, row.job.state.style) }
        let value = try value(row)
        guard isTerminal else { return .init(Self.text(value)) }
        // Before the prompt, because no other column has room for it.
        if name == "prompt", let wait = try row.wait() {
            var cell = Table.Cell(wait.texts[0], wait.needsPerson ? .warning : .dim)
            if let prompt = value.string { cell.append(": " + prompt) }
            return cell
        }
        switch (name, value) {
        case ("price_usd", .number), ("cost_usd", .number): return .init(Money.text(value.double ?? 0))
        case ("bytes", .number): return .init(ByteText.of(value.integer ?? 0))
        case ("waited", .number), ("queued", .number), ("ran", .number), ("fetched", .number):
            return .init(SpanText.of(row.length(of: name) ?? .zero))
        case (_, .string(let text)):
            guard name.hasSuffix("_at") || ["not_before", "followed_since"].contains(name),
                let moment = Timestamp(text)
            else { return .init(text) }
            return .init(TimeText.relative(moment.milliseconds, now: row.now.milliseconds))
        case ("files", .number), ("priority", .number), ("queue_position", .number), ("submissions", .number):
            return .init(NumberText.of(value.integer ?? 0))
        default: return .init(Self.text(value))
        }
    }

    private static func text(_ value: JSON) -> String { value == .null ? "" : value.string ?? value.text }
}

/// One job in a list. What its columns need beyond its own row is looked up at most once, and only if needed.
final class JobRow {
    let job: Job
    let now: Timestamp
    private let store: JobDatabase?
    private var known: [Output]?

    /// - Parameter store: where its files are looked up; without one, none are found.
    init(_ job: Job, now: Timestamp, in store: JobDatabase? = nil) {
        (self.job, self.now, self.store) = (job, now, store)
    }

    private(set) lazy var object = job.columns
    private lazy var phases = JobPhases(of: job, now: now)

    func length(of phase: String) -> Duration? {
        JobPhases.Name(rawValue: phase).flatMap { phases[$0]?.length }
    }

    /// The files that are on disk or in object storage, as far as the record says.
    func files() throws -> [Output] {
        if let known { return known }
        let files = try store?.outputs(of: job.id).filter(\.isKept) ?? []
        known = files
        return files
    }

    /// What it waits for, if it is queued.
    func wait() throws -> SourceWait? {
        guard let store, job.state == .queued else { return nil }
        return try SourceWait(of: job, in: store)
    }

    /// The absolute path of the first that is on disk; `HOST:PATH` if it is on another machine's.
    func file() throws -> String? {
        guard let store, let first = try files().first(where: { $0.hasFile || $0.isElsewhere }) else {
            return nil
        }
        return OutputPlaces(store.directory).place(of: first)
    }
}
