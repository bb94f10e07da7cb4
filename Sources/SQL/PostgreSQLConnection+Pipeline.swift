/// Statements that share one round trip to the server.
extension PostgreSQLConnection {
    struct Unsent {
        let sql: String
        let statement: Prepared
        let values: PostgreSQLValues
        /// How many rows it has to change.
        var expected: Int?
    }

    /// More are not left unsent: neither side may wait for the other to read.
    private static let longestPipeline = 64

    /// Runs one statement. In a transaction, it is sent with the next one whose answer is awaited.
    /// - Parameter expected: how many rows it has to change, if that matters.
    package func run(_ sql: String, _ values: [any Bindable], changing expected: Int? = nil) throws {
        try reconnectIfLost()
        let values = try PostgreSQLValues(values)
        let statement = try prepared(sql, values.types, always: hasBegun)
        unsent.append(Unsent(sql: sql, statement: statement, values: values, expected: expected))
        if !hasBegun || unsent.count >= Self.longestPipeline { try sendUnsent() }
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
        guard unsafe library.beginPipeline(handle) == 1 else { throw lost(last.sql) }
        defer { unsafe _ = library.endPipeline(handle) }
        for one in all { try send(one) }
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

    private func send(_ one: Unsent) throws(SQLError) {
        let (statement, count) = (one.statement, Int32(one.values.types.count))
        let sent = unsafe one.values.withPointers { pointers in
            unsafe statement.isPrepared
                ? library.sendPrepared(handle, statement.name, count, pointers, nil, nil, 0)
                : library.sendParams(
                    handle, statement.text, count, one.values.types, pointers, nil, nil, 0)
        }
        if sent != 1 { throw lost(one.sql) }
    }
}
