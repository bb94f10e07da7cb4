internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// Jobs in a table: relative times on a terminal, exact ones in a pipe.
struct JobTable {
    private var table = Table([
        .init("ID", alignsRight: true), .init("STATE"), .init("MODEL", isFlexible: true), .init("CREATED"),
        .init("LABEL", isFlexible: true), .init("PROMPT", isFlexible: true),
    ])
    private let isTerminal: Bool
    private let now: Timestamp

    init(_ screen: Screen, now: Timestamp) {
        isTerminal = screen.isTerminal
        self.now = now
    }

    mutating func add(_ job: Job) {
        let created =
            isTerminal
            ? TimeText.relative(job.createdAt.milliseconds, now: now.milliseconds) : job.createdAt.description
        table.add([
            .init(String(job.id)), .init(job.state.rawValue, job.state.style), .init(job.model),
            .init(created),
            .init(job.label ?? ""), .init(job.prompt ?? ""),
        ])
    }

    func print(_ screen: Screen) throws { try screen.write(table) }
}

extension JobState {
    var style: Style? {
        switch self {
        case .completed: .good
        case .failed: .bad
        case .uncertain: .warning
        case .submitting, .inQueue, .inProgress, .downloading: .active
        case .held, .cancelled: .dim
        case .queued: nil
        }
    }
}

extension Job {
    /// What the job was asked to make, in words.
    var prompt: String? {
        guard let input = try? JSON(parsing: input) else { return nil }
        return Schema.prompt(of: input, schema: Schema.builtIn(model))
    }
}
