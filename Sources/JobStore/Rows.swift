internal import JSON
package import JobModel
package import SQL

extension Job {
    /// All columns of `jobs`, with an empty object instead of the input, for queries that return many jobs.
    static let columnsWithoutInput = """
        id, state, model, '{}' AS input, priority, label, key, not_before, validation, request_id,
        remote_status, queue_position, submissions, cancel_requested_at, error_kind, error_message, price_usd,
        cost_usd, created_at, submitted_at, started_at, finished_at, ended_at, next_try_at, followed_since,
        input_removed_at, origin, waits_for
        """

    /// Reads a row of `SELECT * FROM jobs`. A test compares the order of columns with the schema.
    init(_ row: borrowing Row) throws {
        guard let state = JobState(rawValue: row.text(1)), let createdAt = row.timestamp(18) else {
            throw StoreError.damaged(reason: "job \(row.integer(0)) has the state \"\(row.text(1))\"")
        }
        self.init(
            id: row.integer(0), state: state, model: row.text(2), input: row.text(3), createdAt: createdAt)
        priority = row.integer(4)
        label = row.optionalText(5)
        key = row.optionalText(6)
        notBefore = row.timestamp(7)
        validation = Job.Validation(rawValue: row.text(8)) ?? .pending
        requestID = row.optionalText(9)
        remoteStatus = row.optionalText(10)
        queuePosition = row.optionalInteger(11)
        submissions = row.integer(12)
        cancelRequestedAt = row.timestamp(13)
        failureKind = row.optionalText(14).flatMap(FailureKind.init)
        message = row.optionalText(15)
        priceUSD = row.optionalReal(16)
        costUSD = row.optionalReal(17)
        submittedAt = row.timestamp(19)
        startedAt = row.timestamp(20)
        finishedAt = row.timestamp(21)
        endedAt = row.timestamp(22)
        nextTryAt = row.timestamp(23)
        followedSince = row.timestamp(24)
        inputRemovedAt = row.timestamp(25)
        origin = row.optionalText(26)
        waitsFor = row.integer(27)
    }
}

extension Output {
    /// Reads a row of `SELECT * FROM outputs`.
    init(_ row: borrowing Row) throws {
        guard let kind = Kind(rawValue: row.text(2)), let state = State(rawValue: row.text(11)) else {
            throw StoreError.damaged(
                reason: "an output of job \(row.integer(0)) has the kind \"\(row.text(2))\"")
        }
        self.init(jobID: row.integer(0), position: row.integer(1), kind: kind, url: row.text(3))
        path = row.optionalText(4)
        bytes = row.optionalInteger(5)
        sha256 = row.optionalText(6)
        mediaType = row.optionalText(7)
        width = row.optionalInteger(8)
        height = row.optionalInteger(9)
        durationSeconds = row.optionalReal(10)
        self.state = state
        downloadedAt = row.timestamp(12)
        attempts = row.integer(13)
        fetched = row.integer(14)
        removedAt = row.timestamp(15)
        pickedAt = row.timestamp(16)
        object = row.optionalText(17)
        local = row.optionalText(18).flatMap(Local.init)
        // A database file has one host.
        guard row.columnCount > 19 else { return }
        host = row.optionalText(19)
        isOfOtherHost = host.map { $0 != Lease.Holder.hostName } ?? false
    }
}

extension Link {
    /// Reads a row of `SELECT * FROM links`.
    init(_ row: borrowing Row) throws {
        guard let part = Reference.Part(word: row.text(3)) else {
            throw StoreError.damaged(reason: "a link of job \(row.integer(0)) is to \"\(row.text(3))\"")
        }
        self.init(jobID: row.integer(0), path: row.text(1), sourceID: row.integer(2), part: part)
        resolvedAt = row.timestamp(4)
        let sent = row.optionalText(5).flatMap { try? JSON(parsing: $0) }?.array ?? []
        self.sent = sent.compactMap(\.integer)
    }
}

extension Timestamp: Bindable {
    package static var sqlType: SQLType { .text }
    package var sqlValue: SQLValue { .text(description) }
}

extension Row {
    func timestamp(_ column: Int) -> Timestamp? { read(column) { Timestamp(utf8: $0) } }
}
