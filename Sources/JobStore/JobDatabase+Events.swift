package import JSON
package import JobModel
internal import SQL

/// One entry of the history: a row of `events`.
package struct StoredEvent: Equatable, Sendable {
    package let id: Int64
    package let jobID: Int64?
    package let at: Timestamp
    package let kind: EventKind
    /// A JSON object as text.
    package let detail: String

    /// Reads a row of `SELECT * FROM events`.
    init(_ row: borrowing Row) throws {
        guard let at = row.timestamp(2), let kind = EventKind(rawValue: row.text(3)) else {
            throw StoreError.damaged(reason: "event \(row.integer(0)) has the kind \"\(row.text(3))\"")
        }
        (id, jobID, self.at, self.kind) = (row.integer(0), row.optionalInteger(1), at, kind)
        detail = row.text(4)
    }
}

extension JobDatabase {
    /// Adds one entry to the history. `job` is nil if it is about the account or the service.
    package func append(_ kind: EventKind, _ detail: JSONObject = [:], job: Int64?, at: Timestamp) throws {
        let sql = "INSERT INTO events (job_id, at, kind, detail) VALUES (?1, ?2, ?3, ?4)"
        let text = JSON.object(detail).text
        if let job {
            try run(about: job, sql, job, at, kind.rawValue, text)
        } else {
            try run(sql, job, at, kind.rawValue, text)
        }
    }

    package func events(of job: Int64) throws -> [StoredEvent] {
        try all("SELECT * FROM events WHERE job_id = ?1 ORDER BY id", job) { try StoredEvent($0) }
    }

    /// Up to `limit` events after the event `id`, oldest first.
    package func events(after id: Int64, limit: Int) throws -> [StoredEvent] {
        try all("SELECT * FROM events WHERE id > ?1 ORDER BY id LIMIT ?2", id, limit) { try StoredEvent($0) }
    }

    /// Up to `limit` events up to the event `id`, newest first.
    package func events(upTo id: Int64, limit: Int) throws -> [StoredEvent] {
        try all("SELECT * FROM events WHERE id <= ?1 ORDER BY id DESC LIMIT ?2", id, limit) {
            try StoredEvent($0)
        }
    }

    /// The newest event's id; 0 if there is none.
    package func lastEventID() throws -> Int64 {
        try first("SELECT max(id) FROM events") { $0.integer(0) } ?? 0
    }

    /// The event up to which `name` has read. Reading for the first time begins with the next event.
    package func mark(_ name: String) throws -> Int64 {
        let mark = try first("SELECT event_id FROM marks WHERE name = ?1", name) { $0.integer(0) }
        if let mark { return mark }
        let last = try lastEventID()
        try setMark(name, last)
        return last
    }

    package func setMark(_ name: String, _ event: Int64) throws {
        try run(
            """
            INSERT INTO marks (name, event_id) VALUES (?1, ?2)
            ON CONFLICT (name) DO UPDATE SET event_id = ?2
            """, name, event)
    }

    /// The next events for hooks: a job has ended, or something needs a person.
    package func hookEvents(after id: Int64, limit: Int) throws -> [StoredEvent] {
        try all(
            """
            SELECT * FROM events
            WHERE id > ?1
                AND (kind IN ('ended', 'uncertain')
                    OR (kind = 'fault' AND job_id IS NULL
                        AND coalesce(json_extract(detail, '$.pause'), json_extract(detail, '$.trouble'),
                            json_extract(detail, '$.wait')) IS NOT NULL))
            ORDER BY id LIMIT ?2
            """, id, limit
        ) { try StoredEvent($0) }
    }
}
