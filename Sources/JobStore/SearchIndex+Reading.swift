internal import JobModel
internal import SQL

/// How far the database was read.
private struct Position {
    var job: Int64 = 0
    var jobAt: String?
    var event: Int64 = 0
    var eventAt: String?
    var isPruning = false
}

/// Brings the index up to date: new jobs are added in the order of their ids, changed ones are read again.
extension SearchIndex {
    /// How many jobs one transaction reads. It bounds the memory, and what an interruption loses.
    private static let part = 250_000
    private static let batch = 2_000

    /// - Parameter show: called with how many jobs were read, and of how many.
    package func catchUp(with store: JobDatabase, show: (Int64, Int64) -> Void = { _, _ in }) throws {
        var read: Int64 = 0
        while true {
            let (event, job) = try (store.lastEventID(), store.lastJobID())
            let position = try position()
            guard try isOf(store, position) else {
                try rebuild()
                continue
            }
            if position.event >= event, position.job >= job, !position.isPruning { return }
            let before = read
            try connection.transaction {
                try readPart(of: store, upTo: event) {
                    read += $0
                    show(read, max(read, before + job - position.job))
                }
            }
            if read - before >= Self.part / 2 { try merge() }
        }
    }

    /// Reads what one transaction takes. Later changes have events after `newest`, and are read next time.
    private func readPart(of store: JobDatabase, upTo newest: Int64, show: (Int64) -> Void) throws {
        var position = try position()
        guard try isOf(store, position) else { return }
        if position.isPruning {
            try forgetPruned(in: store, upTo: position.job)
            position.isPruning = false
        }
        if position.job > 0, newest > position.event {
            let changed = try store.changedJobs(after: position.event, through: newest, upTo: position.job)
            for start in stride(from: 0, to: changed.count, by: Self.batch) {
                let ids = Array(changed[start..<min(changed.count, start + Self.batch)])
                try replace(ids, with: store.texts(of: ids))
                show(Int64(ids.count))
            }
        }
        position.event = max(newest, position.event)
        for _ in 0..<Self.part / Self.batch {
            let texts = try store.texts(after: position.job, limit: Self.batch)
            guard let last = texts.last else { break }
            for job in texts { try add(job.prepared) }
            position.job = last.id
            show(Int64(texts.count))
        }
        let now = try store.times(ofEvent: position.event, job: position.job)
        try connection.run(
            "UPDATE place SET job = ?1, job_at = ?2, event = ?3, event_at = ?4, is_pruning = ?5",
            position.job, now.job, position.event, now.event, position.isPruning ? 1 : 0)
    }

    private func position() throws -> Position {
        try connection.first("SELECT job, job_at, event, event_at, is_pruning FROM place") { row in
            Position(
                job: row.integer(0), jobAt: row.optionalText(1), event: row.integer(2),
                eventAt: row.optionalText(3), isPruning: row.integer(4) != 0)
        } ?? Position()
    }

    /// Whether this database was read, and not another one that has been replaced, such as by a backup.
    private func isOf(_ store: JobDatabase, _ position: Position) throws -> Bool {
        let found = try store.times(ofEvent: position.event, job: position.job)
        func isSame(_ now: String?, _ then: String?) -> Bool { now == nil || then == nil || now == then }
        return found.lastEvent >= position.event && found.lastJob >= position.job
            && isSame(found.event, position.eventAt) && isSame(found.job, position.jobAt)
    }

    private func add(_ job: JobTexts) throws {
        if job.isEmpty { return }
        try connection.run(
            "INSERT INTO texts (rowid, prompt, label, error) VALUES (?1, ?2, ?3, ?4)", job.id,
            job.prompt, job.label, job.error)
    }

    /// Replaces the words of these jobs by the present ones; most events change none.
    func replace(_ ids: [Int64], with now: [JobTexts]) throws {
        let found = Dictionary(now.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        for id in ids {
            let new = (found[id] ?? JobTexts(id: id)).prepared
            let old = try connection.first("SELECT prompt, label, error FROM texts WHERE rowid = ?1", id) {
                JobTexts(
                    id: id, prompt: $0.optionalText(0), label: $0.optionalText(1), error: $0.optionalText(2))
            }
            if new == old ?? JobTexts(id: id) { continue }
            if old != nil { try connection.run("DELETE FROM texts WHERE rowid = ?1", id) }
            try add(new)
        }
    }

    /// Makes one list of each word's occurrences: faster to read, and free of what was deleted.
    func merge() throws { try connection.run("INSERT INTO texts (texts) VALUES ('optimize')") }
}
