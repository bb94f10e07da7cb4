package import JSON
package import JobModel
internal import SQLite

extension JobDatabase {
    /// Adds one line to the history. `job` is nil where it is about the account or the service.
    package func append(_ kind: EventKind, _ detail: JSONObject = [:], job: Int64?, at: Timestamp) throws {
        _ = try perform {
            try connection.run(
                "INSERT INTO events (job_id, at, kind, detail) VALUES (?1, ?2, ?3, ?4)",
                job, at, kind.rawValue, JSON.object(detail).text)
        }
    }

    package func events(of job: Int64) throws -> [StoredEvent] {
        try perform {
            try connection.all("SELECT * FROM events WHERE job_id = ?1 ORDER BY id", job) {
                try StoredEvent($0)
            }
        }
    }

    /// Up to `limit` events after the event `id`, oldest first.
    package func events(after id: Int64, limit: Int) throws -> [StoredEvent] {
        try perform {
            try connection.all("SELECT * FROM events WHERE id > ?1 ORDER BY id LIMIT ?2", id, limit) {
                try StoredEvent($0)
            }
        }
    }

    /// The newest event's id, 0 where there is none.
    package func lastEventID() throws -> Int64 {
        try perform { try connection.first("SELECT max(id) FROM events") { $0.integer(0) } ?? 0 }
    }
}
