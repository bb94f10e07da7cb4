/// Statements that share one round trip to the server.
extension PostgreSQLConnection {
    /// More are not left unsent: neither side may wait for the other to read.
    private static let longestPipeline = 64

    /// Runs one statement. In a transaction, it is sent with the next one whose answer is awaited.
    package func run(_ sql: String, _ values: [any Bindable]) throws {
        guard hasBegun else { return _ = try rowsChanged(by: sql, values) }
        let values = try PostgreSQLValues(values)
        let statement = try prepared(sql, values.types, always: true)
        unsent.append(Unsent(sql: sql, statement: statement, values: values))
        if unsent.count >= Self.longestPipeline { try sendUnsent() }
    }

    func sendUnsent() throws(SQLError) {
        if let last = unsent.popLast() { try sendUnsent(then: last) }
    }

    /// Sends the end of the transaction with all that was not sent yet. The server passes over it if one of
    /// them fails.
    func commitAll() throws(SQLError) {
        if unsent.isEmpty { return try execute("COMMIT") }
        let end = Prepared(text: "COMMIT", name: "")
        try sendUnsent(then: Unsent(sql: "COMMIT", statement: end, values: PostgreSQLValues([])))
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
                try unsafe checked(library.nextResult(handle), one.sql)
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
