package import JSON
package import JobModel
internal import SQLite

extension JobDatabase {
    package func pauses() throws -> [Pause] {
        try all("SELECT reason, detail, since FROM pauses ORDER BY since") { row in
            guard let reason = Pause.Reason(rawValue: row.text(0)), let since = row.timestamp(2) else {
                throw StoreError.damaged(reason: "a pause has the reason \"\(row.text(0))\"")
            }
            return Pause(reason: reason, detail: row.text(1), since: since)
        }
    }

    /// Pauses submissions. Returns false if they already were for this reason, whose words are then updated.
    @discardableResult
    package func pause(_ reason: Pause.Reason, _ detail: String) throws -> Bool {
        try transaction { try setPause(reason, detail) }
    }

    /// The same inside the caller's transaction.
    func setPause(_ reason: Pause.Reason, _ detail: String) throws -> Bool {
        let updated = try run("UPDATE pauses SET detail = ?2 WHERE reason = ?1", reason.rawValue, detail)
        if updated > 0 { return false }
        try run(
            "INSERT INTO pauses (reason, detail, since) VALUES (?1, ?2, ?3)", reason.rawValue, detail, now)
        try append(.fault, ["pause": .string(reason.rawValue), "detail": .string(detail)], job: nil, at: now)
        return true
    }

    func endPause(_ reason: Pause.Reason) throws -> Bool {
        guard try run("DELETE FROM pauses WHERE reason = ?1", reason.rawValue) > 0 else {
            return false
        }
        try append(.fault, ["resumed": .string(reason.rawValue)], job: nil, at: now)
        return true
    }

    /// Ends the pauses for these reasons, and returns which there were.
    @discardableResult
    package func resume(_ reasons: [Pause.Reason] = Pause.Reason.allCases) throws -> [Pause.Reason] {
        try transaction { try reasons.filter { try endPause($0) } }
    }
}

// MARK: - Troubles

extension JobDatabase {
    /// A trouble has begun: `on_attention` hears of it.
    package func note(_ trouble: Trouble) throws {
        try append(.fault, trouble.members, job: nil, at: now)
    }

    package func noteEnd(of kind: Trouble.Kind) throws {
        try append(.fault, ["ended": .string(kind.rawValue)], job: nil, at: now)
    }
}

extension Trouble {
    /// What the history says about it.
    package var members: JSONObject { ["trouble": .string(kind.rawValue), "detail": .string(detail)] }
}
