package import JobModel
internal import SQLite

/// One line of the history, as it stands in `events`.
package struct StoredEvent: Equatable, Sendable {
    package let id: Int64
    package let jobID: Int64?
    package let at: Timestamp
    package let kind: EventKind
    /// A JSON object as text.
    package let detail: String
}

extension StoredEvent {
    /// Reads a row of `SELECT * FROM events`.
    init(_ row: borrowing Row) throws {
        guard let at = row.timestamp(2), let kind = EventKind(rawValue: row.text(3)) else {
            throw StoreError.damaged(reason: "event \(row.integer(0)) has the kind \"\(row.text(3))\"")
        }
        self.init(id: row.integer(0), jobID: row.optionalInteger(1), at: at, kind: kind, detail: row.text(4))
    }
}
