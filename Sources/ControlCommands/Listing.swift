internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// Writes jobs out as they are found: as objects, ids or rows.
struct Listing {
    private let session: Session
    private let store: JobDatabase
    /// What was asked for by name.
    private let chosen: [JobColumn]?
    private let now: Timestamp
    private var table: JobTable
    private var waiting = 0
    private(set) var count = 0

    init(session: Session, store: JobDatabase, columns chosen: [JobColumn]?) {
        (self.session, self.store, self.chosen, now) = (session, store, chosen, store.now)
        table = JobTable(session.screen, now: now, columns: chosen ?? JobColumn.standard)
    }

    /// Of a job of which nothing but its id is shown.
    mutating func visit(_ id: Int64) throws {
        count += 1
        try session.screen.write("\(id)\n")
    }

    mutating func visit(_ job: Job) throws {
        if session.isQuiet, !session.wantsJSON { return try visit(job.id) }
        count += 1
        if !session.wantsJSON {
            try table.add(job) { [store] in try store.outputs(of: job.id) }
            waiting += 1
            // In a pipe there is nothing to align, so that a million rows need no more memory than these.
            if !session.screen.isTerminal, waiting == 500 { try finish() }
        } else if let chosen {
            let row = JobRow(job, now: now) { [store] in try store.outputs(of: job.id) }
            let members = try chosen.map { JSONObject.Member(key: $0.name, value: try $0.value(row)) }
            try session.emit(.object(JSONObject(members)))
        } else {
            try session.emit(job, in: store)
        }
    }

    /// Writes what was kept back.
    mutating func finish() throws {
        try table.print(session.screen)
        (table, waiting) = (JobTable(session.screen, now: now, columns: chosen ?? JobColumn.standard), 0)
    }
}
