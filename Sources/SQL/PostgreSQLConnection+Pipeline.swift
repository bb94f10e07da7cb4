/// Statements that share one round trip to the server.
extension PostgreSQLConnection {
    /// A statement, and the values that it is run with: one row of them, or several.
    struct Unsent {
        let sql: String
        let types: [SQLType]
        var rows: [[SQLValue]]
        /// How many rows of the table it has to change.
        var expected: Int?
        /// The jobs that it is about; nil if it must keep its place among all others.
        var jobs: Set<Int64>?

        init(_ sql: String, _ values: [any Bindable], expected: Int? = nil, about job: Int64? = nil)
            throws(SQLError)
        {
            (self.sql, self.expected, jobs) = (sql, expected, job.map { [$0] })
            types = values.map { Swift.type(of: $0).sqlType }
            rows = [try PostgreSQLValues.checked(values)]
        }

        /// Whether this statement can do the work of `other` as well. An UPDATE changes a row only once.
        fileprivate func takes(_ other: Unsent, about job: Int64) -> Bool {
            sql == other.sql && (expected == nil) == (other.expected == nil)
                && (sql.hasPrefix("INSERT") || jobs?.contains(job) == false)
        }

        fileprivate mutating func take(_ other: Unsent) {
            rows += other.rows
            if let more = other.expected { expected = (expected ?? 0) + more }
            if let more = other.jobs { jobs?.formUnion(more) }
        }
    }

    /// More are not left unsent: neither side may wait for the other to read.
    private static let longestPipeline = 64
    /// A statement is not given more rows than this.
    private static let mostRows = 500

    /// Runs one statement. In a transaction, it is sent with the next one whose answer is awaited.
    /// - Parameters:
    ///   - expected: how many rows it has to change, if that matters.
    ///   - job: the only job that it is about. Statements about different jobs may change places, so that
    ///     those with the same text become one: the server takes longer to begin a statement than to change
    ///     one more row.
    package func run(
        _ sql: String, _ values: [any Bindable], changing expected: Int? = nil, about job: Int64? = nil
    ) throws {
        try reconnectIfLost()
        let new = try Unsent(sql, values, expected: expected, about: job)
        if let job, let place = place(for: new, about: job) {
            unsent[place].take(new)
        } else {
            unsent.append(new)
        }
        if !hasBegun || unsent.count >= Self.longestPipeline { try sendUnsent() }
    }

    /// The first unsent statement that can take it without passing another one about the same job.
    private func place(for new: Unsent, about job: Int64) -> Int? {
        var found: Int?
        for place in unsent.indices.reversed() {
            guard let jobs = unsent[place].jobs else { break }
            let hasRoom = unsent[place].rows.count < Self.mostRows
            if hasRoom, unsent[place].takes(new, about: job) { found = place }
            if jobs.contains(job) { break }
        }
        return found
    }

    /// Waits until all is done that was run.
    package func sendUnsent() throws(SQLError) {
        if let last = unsent.popLast() { try sendUnsent(then: last) }
    }

    /// Returns the answer to the last statement, or throws the error of the first that failed: the server
    /// passes over all that come after it.
    @discardableResult
    func sendUnsent(then last: Unsent) throws(SQLError) -> PostgreSQLResult {
        let all = unsent + [last]
        unsent = []
        // Nothing can be prepared in a pipeline.
        var statements: [(Prepared, PostgreSQLValues)] = []
        for one in all { statements.append(try statement(one)) }
        guard unsafe library.beginPipeline(handle) == 1 else { throw lost(last.sql) }
        defer { unsafe _ = library.endPipeline(handle) }
        for (statement, values) in statements { try send(statement, values) }
        guard unsafe library.syncPipeline(handle) == 1 else { throw lost(last.sql) }
        var outcome = Result<PostgreSQLResult, SQLError>.failure(lost(last.sql))
        var hasFailed = false
        for one in all {
            let answer = Result { () throws(SQLError) in
                let answer = try unsafe checked(library.nextResult(handle), one.sql)
                try SQLError.check(answer.changes, expected: one.expected, in: one.sql)
                return answer
            }
            if !hasFailed { outcome = answer }
            if case .failure = answer { hasFailed = true }
            // A null ends the answers to each statement.
            while let more = unsafe library.nextResult(handle) { unsafe library.clear(more) }
        }
        // The end of the pipeline has an answer of its own.
        if let end = unsafe library.nextResult(handle) { unsafe library.clear(end) }
        return try outcome.get()
    }

    private func statement(_ one: Unsent) throws(SQLError) -> (Prepared, PostgreSQLValues) {
        if one.rows.count == 1 {
            let values = PostgreSQLValues(one.rows[0], one.types)
            return (try prepared(one.sql, values.types), values)
        }
        let values = PostgreSQLValues(columnsOf: one.rows, one.types)
        let sql = PostgreSQLText.forManyRows(one.sql, one.types)
        return (try prepared(sql, values.types), values)
    }

    private func send(_ statement: Prepared, _ values: PostgreSQLValues) throws(SQLError) {
        let count = Int32(values.types.count)
        let sent = unsafe values.withPointers { pointers in
            unsafe statement.isPrepared
                ? library.sendPrepared(handle, statement.name, count, pointers, nil, nil, 0)
                : library.sendParams(handle, statement.text, count, values.types, pointers, nil, nil, 0)
        }
        if sent != 1 { throw lost(statement.text) }
    }
}
