internal import JobModel
internal import SQL

/// One search: the jobs found, and where the words occur in each.
package struct Search {
    private let words: SearchWords
    private let index: SearchIndex
    /// Best first.
    package let ids: [Int64]
    /// Why the words of all jobs had to be read for this search alone; nil if the lasting index was used.
    package let obstacle: String?

    /// - Parameter show: called with how many jobs were read for the index, and of how many.
    package init(
        _ words: SearchWords, _ filter: JobFilter, in store: JobDatabase, show: (Int64, Int64) -> Void
    ) throws {
        self.words = words
        func look(in index: SearchIndex) throws -> [Int64] {
            try index.catchUp(with: store, show: show)
            return try index.find(words, filter, in: store)
        }
        func lookAgain(in index: SearchIndex) throws -> [Int64] {
            do { return try look(in: index) } catch let error as SQLError where SearchIndex.isDamage(error) {
                try index.rebuild()
                return try look(in: index)
            }
        }
        let path = store.directory.searchIndex
        let lasting = Result { try SearchIndex(in: store.directory) }
        let reason: String
        switch lasting {
        case .success(let index):
            // A fault of the store itself is a StoreError, and ends the search.
            do {
                ids = try lookAgain(in: index)
                (self.index, obstacle) = (index, nil)
                return
            } catch let error as SQLError { reason = "\(StoreError(error, path: path))" }
        case .failure(let error as SQLError): reason = "\(StoreError(error, path: path))"
        case .failure(let error): reason = "\(error)"
        }
        index = try SearchIndex.temporary()
        ids = try look(in: index)
        obstacle = reason
    }

    package func match(in job: Int64) throws -> SearchMatch { try index.match(words, in: job) }
}

/// Where the words occur in a job.
package struct SearchMatch: Equatable, Sendable {
    /// The raw values are the names in `jobs` and in its input.
    package enum Field: String, Sendable {
        case prompt, label
        case error = "error_message"
    }

    package let fields: [Field: MarkedText]

    /// The field to show: the first in which a word occurs.
    package var best: (field: Field, text: MarkedText)? {
        for field in [Field.prompt, .label, .error] {
            if let text = fields[field], !text.ranges.isEmpty { return (field, text) }
        }
        return nil
    }
}

extension SearchIndex {
    /// How many of the newest matches are ranked, in some milliseconds: a word may occur in every job.
    package static let ranked = 10_000

    /// The jobs that match the words and `filter`, best first; then the unranked older ones, newest first.
    package func find(_ words: SearchWords, _ filter: JobFilter, in store: JobDatabase) throws -> [Int64] {
        try connection.snapshot {
            let shortlist = try store.shortlist(filter)
            let wanted = filter.limit ?? Int.max
            var unlimited = filter
            unlimited.limit = nil
            let isFiltered = !unlimited.isEmpty
            var (found, waiting): ([Int64], [Int64]) = ([], [])
            var (seen, oldest) = (0, Int64.max)
            try connection.forEach(
                "SELECT rowid FROM texts WHERE texts MATCH ?1 ORDER BY rowid DESC", words.expression
            ) { row in
                let id = row.integer(0)
                seen += 1
                if seen <= Self.ranked { oldest = id }
                guard shortlist?.contains(id) ?? true else { return true }
                waiting.append(id)
                guard waiting.count == 1_000 || !isFiltered else { return true }
                found += isFiltered ? try store.filter(waiting, filter) : waiting
                waiting.removeAll(keepingCapacity: true)
                return seen < Self.ranked || found.count < wanted
            }
            found += isFiltered ? try store.filter(waiting, filter) : waiting
            let recent = Set(found.prefix { $0 >= oldest })
            var ordered: [Int64] = []
            if !recent.isEmpty {
                try connection.forEach(
                    "SELECT rowid FROM texts WHERE texts MATCH ?1 AND rowid >= ?2 ORDER BY rank, rowid DESC",
                    words.expression, oldest
                ) { row in
                    if recent.contains(row.integer(0)) { ordered.append(row.integer(0)) }
                    return ordered.count < wanted
                }
            }
            return Array((ordered + found.dropFirst(recent.count)).prefix(wanted))
        }
    }

    /// Where the words occur in a job.
    package func match(_ words: SearchWords, in job: Int64) throws -> SearchMatch {
        let fields = try connection.first(
            """
            SELECT highlight(texts, 0, char(2), char(3)), highlight(texts, 1, char(2), char(3)),
                highlight(texts, 2, char(2), char(3))
            FROM texts WHERE texts MATCH ?1 AND rowid = ?2
            """, words.expression, job
        ) { [$0.optionalText(0), $0.optionalText(1), $0.optionalText(2)] }
        var found: [SearchMatch.Field: MarkedText] = [:]
        for (field, text) in zip([SearchMatch.Field.prompt, .label, .error], fields ?? []) {
            if let text { found[field] = SearchText.marked(text) }
        }
        return SearchMatch(fields: found)
    }
}
