internal import JobModel
internal import SQLite

/// One search: the jobs that were found, and where in each the words stand.
package struct Search {
    private let words: SearchWords
    private let index: SearchIndex
    /// Best first.
    package let ids: [Int64]
    /// Why the words of all jobs had to be read for this one search alone; nil where the lasting index was
    /// used.
    package let obstacle: String?

    /// - Parameter show: told how many jobs were read for the index, and of how many.
    package init(
        _ words: SearchWords, _ filter: JobFilter, in store: JobDatabase, show: (Int64, Int64) -> Void
    ) throws {
        self.words = words
        func look(in index: SearchIndex) throws -> [Int64] {
            try index.catchUp(with: store, show: show)
            return try index.find(words, filter, in: store)
        }
        func lookAgain(in index: SearchIndex) throws -> [Int64] {
            do { return try look(in: index) } catch let error as SQLiteError
                where SearchIndex.isDamage(error)
            {
                try index.rebuild()
                return try look(in: index)
            }
        }
        let path = store.directory.searchIndex
        let lasting = Result { try SearchIndex(in: store.directory) }
        let reason: String
        switch lasting {
        case .success(let index):
            // What is wrong with the store itself comes as the store's error, and ends the search.
            do {
                ids = try lookAgain(in: index)
                (self.index, obstacle) = (index, nil)
                return
            } catch let error as SQLiteError { reason = "\(StoreError(error, path: path))" }
        case .failure(let error as SQLiteError): reason = "\(StoreError(error, path: path))"
        case .failure(let error): reason = "\(error)"
        }
        index = try SearchIndex.temporary()
        ids = try look(in: index)
        obstacle = reason
    }

    package func match(in job: Int64) throws -> SearchMatch { try index.match(words, in: job) }
}
