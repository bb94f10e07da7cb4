extension PostgreSQLConnection {
    /// Visits the rows one by one, in the memory of one, for as long as `visit` returns true.
    package func forEach(
        _ sql: String, _ values: [any Bindable], visit: (borrowing Row) throws -> Bool
    ) throws {
        try reconnectIfLost()
        let values = try PostgreSQLValues(values)
        let name = try prepared(sql, values.types, always: true).name
        try sendUnsent()
        let sent = unsafe values.withPointers {
            unsafe library.sendPrepared(handle, name, Int32(values.types.count), $0, nil, nil, 0)
        }
        guard sent == 1, unsafe library.setSingleRowMode(handle) == 1 else { throw lost(sql) }
        var outcome = Result<Bool, any Error>.success(true)
        // All rows have to be fetched, also those that nobody wants any more.
        while let next = unsafe library.nextResult(handle) {
            let result = unsafe PostgreSQLResult(next, library)
            switch result.status {
            case Libpq.singleRow:
                if case .success(true) = outcome { outcome = Result { try visit(Row(result, 0)) } }
            case Libpq.rowsDone, Libpq.commandDone: break
            default: outcome = .failure(result.error(in: sql))
            }
        }
        _ = try outcome.get()
    }

    // MARK: - COPY

    /// Begins a COPY into a table. Nothing else may run until `endCopy`.
    package func beginCopy(into table: String, _ columns: [String]) throws(SQLError) {
        let text = "COPY \(table) (\(columns.joined(separator: ", "))) FROM STDIN"
        guard let answer = unsafe library.execute(handle, text) else { throw lost(text) }
        let result = unsafe PostgreSQLResult(answer, library)
        if result.status != Libpq.copyIn { throw isLost ? lost(text) : result.error(in: text) }
    }

    /// Sends rows, in COPY's text format.
    package func copy(_ rows: [UInt8]) throws(SQLError) {
        let sent = unsafe rows.withUnsafeBytes {
            unsafe library.putCopyData(handle, $0.baseAddress, Int32($0.count))
        }
        if sent != 1 { throw lost("COPY") }
    }

    /// Ends a COPY. Throws a `CopyRefusal` if a row is refused, and with it all of them.
    package func endCopy() throws {
        guard unsafe library.putCopyEnd(handle, nil) == 1 else { throw lost("COPY") }
        var failure: (any Error)?
        while let next = unsafe library.nextResult(handle) {
            let result = unsafe PostgreSQLResult(next, library)
            if result.status == Libpq.commandDone { continue }
            let error = isLost ? lost("COPY") : result.error(in: "COPY")
            failure = result.lineOfCopy.map { CopyRefusal(line: $0, error) } ?? error
        }
        if let failure { throw failure }
    }
}
