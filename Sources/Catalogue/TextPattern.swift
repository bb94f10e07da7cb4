/// A regular expression of a schema, matched in a time that grows with the text and the pattern alone.
///
/// It knows what ECMAScript, Python and Rust read alike. Whatever else a pattern holds makes it one that is
/// not checked: looking ahead or behind, references to groups, flags, `\p`.
struct TextPattern: Sendable {
    /// A set of characters.
    struct Letters: Sendable {
        var ranges: [ClosedRange<UInt32>]
        var isNegated = false

        func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }
    }

    enum Step: Sendable {
        case letter(UInt32)
        case letters(Letters)
        case start, end
        case wordBoundary(Bool)
        /// Both ways are followed at once.
        case split(Int, Int)
        case jump(Int)
        case match
    }

    let source: String
    private let steps: [Step]
    /// Whether it says `\w` or the like, of which the dialects take letters beyond ASCII differently.
    private let isForASCII: Bool

    /// In steps times characters: beyond it, a match is left undecided.
    private static let mostWork = 20_000_000

    /// Nil where the pattern is malformed or says more than is known here.
    init?(_ source: String) {
        var reader = PatternReader(source)
        guard let steps = reader.steps() else { return nil }
        self.source = source
        self.steps = steps
        isForASCII = reader.isForASCII
    }

    /// How much there is to do for a text.
    func work(for text: String) -> Int { (text.utf8.count + 1) * steps.count }

    /// Whether it matches somewhere in the text; nil where that cannot be told.
    func matches(_ text: String) -> Bool? {
        guard work(for: text) <= Self.mostWork else { return nil }
        if isForASCII, !text.utf8.allSatisfy({ $0 < 0x80 }) { return nil }
        let letters = text.unicodeScalars.map(\.value)
        var current = PatternStates(count: steps.count)
        var next = PatternStates(count: steps.count)
        for position in 0...letters.count {
            follow(0, at: position, in: letters, &current)
            if current.hasMatched { return true }
            if position == letters.count { break }
            next.removeAll()
            for index in current.indices where takes(index, letters[position]) {
                follow(index + 1, at: position + 1, in: letters, &next)
            }
            swap(&current, &next)
        }
        return false
    }

    private func takes(_ index: Int, _ letter: UInt32) -> Bool {
        switch steps[index] {
        case .letter(let wanted): wanted == letter
        case .letters(let letters): letters.contains(letter)
        default: false
        }
    }

    /// Adds what can be reached from a step without taking a letter.
    private func follow(_ first: Int, at position: Int, in letters: [UInt32], _ states: inout PatternStates) {
        var open = [first]
        while let index = open.popLast() {
            guard states.insert(index) else { continue }
            switch steps[index] {
            case .letter, .letters: break
            case .start: if position == 0 { open.append(index + 1) }
            case .end: if position == letters.count { open.append(index + 1) }
            case .wordBoundary(let isWanted):
                let before = position > 0 && PatternReader.word.contains(letters[position - 1])
                let after = position < letters.count && PatternReader.word.contains(letters[position])
                if (before != after) == isWanted { open.append(index + 1) }
            case .split(let one, let other): open += [other, one]
            case .jump(let target): open.append(target)
            case .match: states.hasMatched = true
            }
        }
    }
}

/// The steps at which a match stands, each once.
private struct PatternStates {
    private(set) var indices: [Int] = []
    private var isIn: [Bool]
    var hasMatched = false

    init(count: Int) { isIn = [Bool](repeating: false, count: count) }

    mutating func insert(_ index: Int) -> Bool {
        if isIn[index] { return false }
        isIn[index] = true
        indices.append(index)
        return true
    }

    mutating func removeAll() {
        for index in indices { isIn[index] = false }
        indices.removeAll(keepingCapacity: true)
    }
}
