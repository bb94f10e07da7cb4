/// Ids as people type them.
package enum JobIDs {
    /// More words than this tell a reader nothing.
    private static let mostWords = 5

    /// The ids in their order, consecutive ones as a range: `12`, `14-20`.
    package static func ranges(of ids: some Sequence<Int64>) -> [String] {
        var runs: [ClosedRange<Int64>] = []
        for id in ids {
            if let last = runs.last, last.upperBound + 1 == id {
                runs[runs.count - 1] = last.lowerBound...id
            } else {
                runs.append(id...id)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    }

    /// The ids as the operands of a verb; nil if they are too many words, or none.
    package static func text(of ids: some Sequence<Int64>) -> String? {
        let ranges = ranges(of: ids)
        return (1...mostWords).contains(ranges.count) ? ranges.joined(separator: " ") : nil
    }
}
