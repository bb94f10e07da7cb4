/// The word that somebody who mistyped one most likely meant.
package enum Suggestion {
    /// Nothing longer is a name that a person typed.
    private static let longest = 80

    /// The nearest of `words`, the first of several that are as near; nil where none is near, or where none can be
    /// compared.
    package static func nearest(
        to typed: String, among words: some Sequence<String>, howeverFar: Bool = false
    ) -> String? {
        guard typed.utf8.count <= 4 * longest else { return nil }
        let typed = Array(typed.lowercased().unicodeScalars)
        var best: (word: String, distance: Int)?
        for word in words where word.utf8.count <= 4 * longest {
            let candidate = Array(word.lowercased().unicodeScalars)
            // A third of the word may differ: less misses typing errors, more suggests nonsense.
            let longest = max(typed.count, candidate.count)
            let allowed = min(howeverFar ? longest : longest / 3, (best?.distance ?? .max) - 1)
            guard allowed >= 0, abs(typed.count - candidate.count) <= allowed else { continue }
            let distance = distance(from: typed, to: candidate)
            if distance <= allowed { best = (word, distance) }
        }
        return best?.word
    }

    /// As `nearest`, and where nothing is near, the first of `words` that begins with what was typed.
    package static func likely(for typed: String, among words: [String]) -> String? {
        nearest(to: typed, among: words)
            ?? words.first { typed.count > 1 && $0.lowercased().hasPrefix(typed.lowercased()) }
    }

    /// How many letters must be put in, left out, changed or swapped with their neighbour.
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
