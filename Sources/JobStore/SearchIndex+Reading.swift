internal import JobModel
internal import SQLite

/// How far the database was read.
private struct Place: Equatable {
    var job: Int64 = 0
    var jobAt: String?
    var event: Int64 = 0
    var eventAt: String?
    var isPruning = false
}

/// Brings the index up to date: jobs that are new are added in the order of their ids, those that events tell
/// of are read again.
extension SearchIndex {
    /// How many jobs one transaction takes up: memory, and what is lost when it is cut off, are bounded by
    /// it.
    private static let part = 250_000
    private static let batch = 2_000

    /// - Parameter show: told how many jobs were read, and of how many.
    package func catchUp(with store: JobDatabase, show: (Int64, Int64) -> Void = { _, _ in }) throws {
        var read: Int64 = 0
        while true {
            let (event, job) = try (store.lastEventID(), store.lastJobID())
            let place = try place()
            guard try isOf(store, place) else {
                try rebuild()
                continue
            }
            if place.event >= event, place.job >= job, !place.isPruning { return }
            let before = read
            try connection.transaction {
                try readPart(of: store, upTo: event) {
                    read += $0
                    show(read, max(read, before + job - place.job))
                }
            }
            if read - before >= Self.part / 2 { try merge() }
        }
    }

    /// One transaction's share. What is written to the database meanwhile has later events than `newest`, and
    /// is read next time.
    private func readPart(of store: JobDatabase, upTo newest: Int64, show: (Int64) -> Void) throws {
        var place = try place()
        guard try isOf(store, place) else { return }
        if place.isPruning {
            try forgetPruned(in: store, upTo: place.job)
            place.isPruning = false
        }
        if place.job > 0, newest > place.event {
            let told = try store.jobsTold(after: place.event, through: newest, upTo: place.job)
            for start in stride(from: 0, to: told.count, by: Self.batch) {
                let ids = Array(told[start..<min(told.count, start + Self.batch)])
                try replace(ids, with: store.texts(of: ids))
                show(Int64(ids.count))
            }
        }
        place.event = max(newest, place.event)
        for _ in 0..<Self.part / Self.batch {
            let texts = try store.texts(after: place.job, limit: Self.batch)
            guard let last = texts.last else { break }
            for job in texts { try add(job) }
            place.job = last.id
            show(Int64(texts.count))
        }
        let now = try store.place(ofEvent: place.event, job: place.job)
        (place.eventAt, place.jobAt) = (now.eventAt, now.jobAt)
        try connection.run(
            "UPDATE place SET job = ?1, job_at = ?2, event = ?3, event_at = ?4, is_pruning = ?5", place.job,
            place.jobAt, place.event, place.eventAt, place.isPruning ? 1 : 0)
    }

    private func place() throws -> Place {
        try connection.first("SELECT job, job_at, event, event_at, is_pruning FROM place") { row in
            Place(
                job: row.integer(0), jobAt: row.optionalText(1), event: row.integer(2),
                eventAt: row.optionalText(3), isPruning: row.integer(4) != 0)
        } ?? Place()
    }

    /// Whether it was this database that was read, and no other that stands in its place now, such as a
    /// backup of it.
    private func isOf(_ store: JobDatabase, _ place: Place) throws -> Bool {
        let found = try store.place(ofEvent: place.event, job: place.job)
        func isSame(_ now: String?, _ then: String?) -> Bool { now == nil || then == nil || now == then }
        return found.events >= place.event && found.jobs >= place.job
            && isSame(found.eventAt, place.eventAt) && isSame(found.jobAt, place.jobAt)
    }

    private func add(_ job: JobTexts) throws {
        if job.isEmpty { return }
        try connection.run(
            "INSERT INTO texts (rowid, prompt, label, error) VALUES (?1, ?2, ?3, ?4)", job.id,
            job.prompt.map(SearchText.prepared), job.label.map(SearchText.prepared),
            job.error.map(SearchText.prepared))
    }

    /// Puts what is known of these jobs now in the place of what was; most events change no words.
    func replace(_ ids: [Int64], with now: [JobTexts]) throws {
        let found = Dictionary(now.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        for id in ids {
            let new = found[id] ?? JobTexts(id: id)
            let old = try connection.first("SELECT prompt, label, error FROM texts WHERE rowid = ?1", id) {
                JobTexts(
                    id: id, prompt: $0.optionalText(0), label: $0.optionalText(1), error: $0.optionalText(2))
            }
            let prepared = JobTexts(
                id: id, prompt: new.prompt.map(SearchText.prepared),
                label: new.label.map(SearchText.prepared),
                error: new.error.map(SearchText.prepared))
            if prepared == old ?? JobTexts(id: id) { continue }
            if old != nil { try connection.run("DELETE FROM texts WHERE rowid = ?1", id) }
            try add(new)
        }
    }

    /// Makes one list of each word's places: quicker to read, and free of what was deleted.
    func merge() throws { try connection.run("INSERT INTO texts (texts) VALUES ('optimize')") }
}
