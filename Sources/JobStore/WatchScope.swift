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

    /// The words in small letters, as a JSON array; nil for none.
    var wordList: String? { words.isEmpty ? nil : JSON.array(words.map { .string($0.lowercased()) }).text }
}
