internal import SQLite

/// What is told to other programs, and how far that has come.
extension JobDatabase {
    /// The event up to which `name` has read; one that reads for the first time begins with what comes next.
    package func mark(_ name: String) throws -> Int64 {
        try perform {
            if let mark = try connection.first(
                "SELECT event_id FROM marks WHERE name = ?1", name, read: { $0.integer(0) })
            {
                return mark
            }
            let last = try lastEventID()
            try setMark(name, last)
            return last
        }
    }

    package func setMark(_ name: String, _ event: Int64) throws {
        _ = try perform {
            try connection.run(
                "INSERT INTO marks (name, event_id) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET event_id = ?2",
                name, event)
        }
    }

    /// The next events that tell of a job's end, or of something that needs a person.
    package func news(after id: Int64, limit: Int) throws -> [StoredEvent] {
        try perform {
            try connection.all(
                """
                SELECT * FROM events
                WHERE id > ?1
                    AND (kind IN ('ended', 'uncertain')
                        OR (kind = 'fault' AND job_id IS NULL AND json_extract(detail, '$.pause') IS NOT NULL))
                ORDER BY id LIMIT ?2
                """, id, limit
            ) { try StoredEvent($0) }
        }
    }
}
