internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// Jobs in a table: relative times on a terminal, exact ones in a pipe.
struct JobTable {
    private let columns: [JobColumn]
    private var table: Table
    private let isTerminal: Bool
    private let now: Timestamp

    init(_ screen: Screen, now: Timestamp, columns: [JobColumn] = JobColumn.standard) {
        self.columns = columns
        table = Table(columns.map(\.heading))
        isTerminal = screen.isTerminal
        self.now = now
    }

    mutating func add(_ job: Job, outputs: @escaping () throws -> [Output] = { [] }) throws {
        let row = JobRow(job, now: now, outputs: outputs)
        table.add(try columns.map { try $0.cell(row, isTerminal: isTerminal) })
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
