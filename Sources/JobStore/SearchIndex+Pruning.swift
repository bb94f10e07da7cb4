internal import Glibc
internal import SQLite

/// What was pruned leaves the index as well, and its words with it.
///
/// A job that is gone leaves no event. So who prunes says first that words may stay behind, and takes them
/// out at its end; where it was cut off in between, the next search does.
extension SearchIndex {
    /// Before something is pruned. Nothing is to be done where nobody has searched yet.
    package static func announcePruning(in directory: StateDirectory) throws {
        guard let index = try existing(in: directory) else { return }
        try translating(directory) {
            _ = try index.connection.run("UPDATE place SET is_pruning = 1")
        }
    }

    /// After something was pruned.
    package static func finishPruning(in directory: StateDirectory) throws {
        guard let index = try existing(in: directory) else { return }
        let store = try JobDatabase(directory, .read)
        try translating(directory) {
            try index.connection.transaction {
                let last = try index.connection.first("SELECT job FROM place") { $0.integer(0) } ?? 0
                try index.forgetPruned(in: store, upTo: last)
                try index.connection.run("UPDATE place SET is_pruning = 0")
            }
        }
    }

    private static func existing(in directory: StateDirectory) throws -> SearchIndex? {
        guard unsafe access(directory.searchIndex, F_OK) == 0 else { return nil }
        return try translating(directory) { try SearchIndex(in: directory) }
    }

    static func translating<Value>(_ directory: StateDirectory, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as SQLiteError {
            throw StoreError(error, path: directory.searchIndex)
        }
    }

    /// Takes out the words of jobs, up to the id `last`, that are gone or whose input is.
    ///
    /// A word leaves the file when the lists in which it stood are written anew: so all are.
    func forgetPruned(in store: JobDatabase, upTo last: Int64) throws {
        let step: Int64 = 20_000
        for start in stride(from: 1, through: max(1, last), by: Int(step)) {
            let window = start...start + step - 1
            let present = Set(try store.jobsWithInput(in: window))
            let suspects = try connection.all(
                "SELECT rowid FROM texts WHERE rowid BETWEEN ?1 AND ?2", window.lowerBound, window.upperBound
            ) { $0.integer(0) }.filter { !present.contains($0) }
            for part in stride(from: 0, to: suspects.count, by: 2_000) {
                let ids = Array(suspects[part..<min(suspects.count, part + 2_000)])
                try replace(ids, with: store.texts(of: ids))
            }
        }
        try merge()
    }
}
