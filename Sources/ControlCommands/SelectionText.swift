/// Ids as a person would type them: `12`, `12-20`, or up to five of them.
enum SelectionText {
    static func of(_ ids: [Int64]) -> String? {
        guard let first = ids.first, let last = ids.last else { return nil }
        if ids.count == 1 { return "\(first)" }
        let isWhole = last - first == Int64(ids.count) - 1 && zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 }
        if isWhole { return "\(first)-\(last)" }
        return ids.count > 5 ? nil : ids.map { String($0) }.joined(separator: " ")
    }
}
