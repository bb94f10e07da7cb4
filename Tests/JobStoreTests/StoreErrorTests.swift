import SQL
import Testing

@testable import JobStore

@Suite struct StoreErrorTests {
    @Test func `every SQLite error has its words and never a value`() {
        let codes: [(Int32, String)] = [
            (5, "the database is locked by another program"),
            (6, "the database is locked by another program"),
            (13, "the disk is full; nothing was changed"), (8, "/x cannot be written"),
            (14, "/x: m"), (26, "/x is not a database of jobd: it is not an SQLite database"),
            (11, "the database is damaged: m"), (10, "the disk failed: m (SQLite's code 10)"), (19, "m"),
            (1, "m in: SELECT ?1"),
        ]
        for (code, words) in codes {
            let error = StoreError(SQLError(code: code, message: "m", sql: "SELECT ?1"), path: "/x")
            #expect(error.description.hasSuffix(words), "\(code): \(error)")
            #expect(!error.description.hasSuffix("."))
            // Extended codes mean the same; only a failing disk's are told.
            #expect(
                code == 10
                    || StoreError(
                        SQLError(code: code | 3 << 8, message: "m", sql: "SELECT ?1"), path: "/x"
                    )
                    .description
                        == error.description
            )
        }
    }
}
