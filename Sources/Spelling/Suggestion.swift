/// The word that was most likely meant by a mistyped one.
package enum Suggestion {
    /// No name that a person types is longer.
    private static let longest = 80

    /// Too many words begin or end with fewer letters than this.
    private static let shortestPart = 3

    /// The nearest of `words`, the first of several that are equally near. If none is near, a word of which
    /// only the beginning or the end was typed. If there is none: nil, or with `howeverFar` the nearest.
    package static func nearest(
        to typed: String, among words: some Sequence<String>, howeverFar: Bool = false
    ) -> String? {
        // A third of the word may differ. Less misses typing errors, more suggests nonsense.
        if let near = mistyped(typed, among: words, allowed: { $0 / 3 }) { return near }
        if let whole = completed(typed, among: words) { return whole }
        return howeverFar ? mistyped(typed, among: words, allowed: { $0 }) : nil
    }

    /// The nearest of `words`, if at most so many letters differ, and no more than half of them.
    package static func nearest(
        to typed: String, among words: some Sequence<String>, within letters: Int
    ) -> String? { mistyped(typed, among: words, allowed: { min(letters, $0 / 2) }) }

    /// The shortest word that begins or ends with what was typed.
    private static func completed(_ typed: String, among words: some Sequence<String>) -> String? {
        let typed = typed.lowercased()
        guard (shortestPart...4 * longest).contains(typed.utf8.count) else { return nil }
        return words.filter { word in
            let word = word.utf8.count <= 4 * longest ? word.lowercased() : ""
            return word.hasPrefix(typed) || word.hasSuffix(typed)
        }.min { $0.utf8.count < $1.utf8.count }
    }

    /// - Parameter allowed: how many letters may differ, given the length of the longer word.
    private static func mistyped(
        _ typed: String, among words: some Sequence<String>, allowed most: (Int) -> Int
    ) -> String? {
        guard typed.utf8.count <= 4 * longest else { return nil }
        let typed = Array(typed.lowercased().unicodeScalars)
        var best: (word: String, distance: Int)?
        for word in words where word.utf8.count <= 4 * longest {
            let candidate = Array(word.lowercased().unicodeScalars)
            let allowed = min(most(max(typed.count, candidate.count)), (best?.distance ?? .max) - 1)
            guard allowed >= 0, abs(typed.count - candidate.count) <= allowed else { continue }
            let distance = distance(from: typed, to: candidate)
            if distance <= allowed { best = (word, distance) }
        }
        return best?.word
    }

    /// As `nearest`; if nothing is near, the first of `words` that begins with what was typed.
    package static func likely(for typed: String, among words: [String]) -> String? {
        nearest(to: typed, among: words)
            ?? words.first { typed.count > 1 && $0.lowercased().hasPrefix(typed.lowercased()) }
    }

    /// How many letters must be inserted, removed, changed or swapped with their neighbour.
    private static func distance(from left: [Unicode.Scalar], to right: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for column in right.indices {
                var cost = last[column] + (left[row] == right[column] ? 0 : 1)
                cost = min(cost, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
