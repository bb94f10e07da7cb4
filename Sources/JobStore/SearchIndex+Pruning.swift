internal import Glibc
internal import SQL

/// Removes the words of pruned jobs.
///
/// A removed job leaves no event. So pruning first notes that words may be left over, and removes them at its
/// end. If it was interrupted, the next search removes them.
extension SearchIndex {
    /// Call it before pruning. Without an index there is nothing to do.
    package static func announcePruning(in directory: StateDirectory) throws {
        guard let index = try existing(in: directory) else { return }
        try StoreError.at(database: directory.searchIndex) {
            _ = try index.connection.run("UPDATE place SET is_pruning = 1")
        }
    }

    /// Call it after pruning.
    package static func finishPruning(in directory: StateDirectory) throws {
        guard let index = try existing(in: directory) else { return }
        let store = try JobDatabase(directory, .read)
        try StoreError.at(database: directory.searchIndex) {
            try index.connection.transaction {
                let last = try index.connection.first("SELECT job FROM place") { $0.integer(0) } ?? 0
                try index.forgetPruned(in: store, upTo: last)
                try index.connection.run("UPDATE place SET is_pruning = 0")
            }
        }
    }

    private static func existing(in directory: StateDirectory) throws -> SearchIndex? {
        guard unsafe access(directory.searchIndex, F_OK) == 0 else { return nil }
        return try StoreError.at(database: directory.searchIndex) { try SearchIndex(in: directory) }
    }

    /// Removes the words of jobs, up to the id `last`, that are gone or have lost their input.
    ///
    /// A word leaves the file only when the lists that held it are rewritten, so all lists are.
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
