internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// Jobs in a table: relative times on a terminal, exact ones in a pipe.
struct JobTable {
    private let screen: Screen
    private let columns: [JobColumn]
    private var table: Table
    private var count = 0

    init(_ screen: Screen, columns: [JobColumn] = JobColumn.standard) {
        (self.screen, self.columns) = (screen, columns)
        table = Table(columns.map(\.heading))
    }

    mutating func add(_ row: JobRow) throws {
        table.add(try columns.map { try $0.cell(row, isTerminal: screen.isTerminal) })
        count += 1
        // In a pipe there is nothing to align, so that a million rows need no more memory than these.
        if !screen.isTerminal, count == 500 { try print() }
    }

    /// Writes the rows that were not written yet.
    mutating func print() throws {
        try screen.write(table)
        (table, count) = (Table(columns.map(\.heading)), 0)
    }
}

/// Writes jobs as they are found: as objects, ids or rows.
struct Listing {
    private let session: Session
    private let store: JobDatabase
    /// The columns of --columns.
    private let chosen: [JobColumn]?
    private let now: Timestamp
    private var table: JobTable
    private(set) var count = 0

    init(session: Session, store: JobDatabase, columns chosen: [JobColumn]?) {
        (self.session, self.store, self.chosen, now) = (session, store, chosen, store.now)
        table = JobTable(session.screen, columns: chosen ?? JobColumn.standard)
    }

    /// A job of which only the id is shown.
    mutating func visit(_ id: Int64) throws {
        count += 1
        try session.screen.write("\(id)\n")
    }

    mutating func visit(_ job: Job) throws {
        count += 1
        let row = JobRow(job, now: now, in: store)
        if session.wantsJSON, let chosen {
            let members = try chosen.map { JSONObject.Member(key: $0.name, value: try $0.value(row)) }
            return try session.emit(.object(JSONObject(members)))
        }
        try session.show(job, in: store) { try table.add(row) }
    }

    mutating func finish() throws { try table.print() }
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
    /// The prompt, whatever key of the input holds it.
    var prompt: String? {
        guard let input = try? JSON(parsing: input) else { return nil }
        return Schema.prompt(of: input, schema: Schema.builtIn(model))
    }
}
