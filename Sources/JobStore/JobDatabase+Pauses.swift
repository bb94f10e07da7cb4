package import JSON
package import JobModel
internal import SQL

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
        let updated = try rowsChanged(
            by: "UPDATE pauses SET detail = ?2 WHERE reason = ?1", reason.rawValue, detail)
        if updated > 0 { return false }
        try run(
            "INSERT INTO pauses (reason, detail, since) VALUES (?1, ?2, ?3)", reason.rawValue, detail, now)
        try append(.fault, ["pause": .string(reason.rawValue), "detail": .string(detail)], job: nil, at: now)
        return true
    }

    func endPause(_ reason: Pause.Reason) throws -> Bool {
        guard try rowsChanged(by: "DELETE FROM pauses WHERE reason = ?1", reason.rawValue) > 0 else {
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

// MARK: - Budgets

extension JobDatabase {
    private static let occasions = "budget_occasions"

    /// Keeps the pause `budget` in step with what holds jobs back; inside the caller's transaction.
    /// `on_attention` hears of each budget once while it does.
    ///
    /// - Parameters:
    ///   - isWhole: whether a claim has looked at all jobs. If it has not, what held jobs back before still
    ///     does, as long as there are such jobs.
    ///   - current: all budgets of the configuration.
    /// - Returns: the words of the pause, and those about the budgets that have joined it.
    package func keepPause(
        _ holds: [BudgetHold], isWhole: Bool, current: @autoclosure () -> [BudgetHold]
    ) throws -> (detail: String?, news: String?) {
        let standing = try first("SELECT detail FROM pauses WHERE reason = 'budget'") { $0.text(0) }
        let known = standing == nil ? [] : try knownOccasions()
        var occasions = holds.map(\.occasion)
        for budget in isWhole || known.isEmpty ? [] : current()
        where known.contains(budget.occasion) && !occasions.contains(budget.occasion) {
            if try hasReady(budget.labels) { occasions.append(budget.occasion) }
        }
        guard let detail = BudgetHold.words(of: holds) ?? (occasions.isEmpty ? nil : standing) else {
            _ = try endPause(.budget)
            return (nil, nil)
        }
        let news = BudgetHold.words(of: holds.filter { !known.contains($0.occasion) })
        if try !setPause(.budget, detail), let news {
            try append(.fault, ["pause": "budget", "detail": .string(news)], job: nil, at: now)
        }
        if occasions != known { try setKnown(occasions) }
        return (detail, news)
    }

    private func knownOccasions() throws -> [String] {
        try all(
            """
            SELECT each.value FROM daemon_settings, json_each(daemon_settings.value) AS each WHERE name = ?1
            """, Self.occasions
        ) { $0.text(0) }
    }

    private func setKnown(_ occasions: [String]) throws {
        try run(
            """
            INSERT INTO daemon_settings (name, value) VALUES (?1, ?2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """, Self.occasions, JSON.array(occasions.map(JSON.string)).text)
    }

    /// Whether a job with such a label may be sent. Reads the index alone.
    private func hasReady(_ labels: LabelPattern?) throws -> Bool {
        let bounds = labels?.bounds ?? ("", "\u{10FFFF}")
        return try exists(
            """
            SELECT 1 FROM jobs INDEXED BY jobs_ready
            WHERE state = 'queued' AND next_try_at IS NULL AND waits_for = 0
                AND coalesce(label, '') BETWEEN ?1 AND ?2
            ORDER BY model, priority DESC, id LIMIT 1
            """, bounds.0, bounds.1)
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
