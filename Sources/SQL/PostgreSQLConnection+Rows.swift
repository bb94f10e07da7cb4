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
}
