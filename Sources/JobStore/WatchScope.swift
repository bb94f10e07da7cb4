internal import JSON

/// Which jobs a live picture is of.
package struct WatchScope: Equatable, Sendable {
    /// Just these; empty for all that the filter means.
    package var ids: [Int64] = []
    /// Its states, model and label; `since` and `limit` mean nothing here.
    package var filter = JobFilter()
    /// Each must stand somewhere in a job's prompt, label or model.
    package var words: [String] = []

    package init() {}

    package var isEverything: Bool { ids.isEmpty && filter.isEmpty && words.isEmpty }

    /// Whether its jobs are found one by one, in whatever state they are.
    package var isChoice: Bool { !ids.isEmpty || filter.label != nil }

    /// The words in small letters as SQLite knows them, of ASCII alone, as a JSON array; nil for none.
    var wordList: String? {
        if words.isEmpty { return nil }
        return JSON.array(
            words.map { word in
                let small = word.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
                return .string(String(decoding: small, as: UTF8.self))
            }
        ).text
    }
}
