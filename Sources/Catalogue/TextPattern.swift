/// A regular expression of a schema. The time of a match grows only with the length of text and pattern.
///
/// It supports what ECMAScript, Python and Rust read alike. A pattern with anything else is not checked:
/// lookahead, lookbehind, references to groups, flags, `\p`.
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
        /// Both branches are followed at once.
        case split(Int, Int)
        case jump(Int)
        case match
    }

    let source: String
    private let steps: [Step]
    /// Whether it has `\w` or the like, which the dialects read differently for characters outside ASCII.
    private let isForASCII: Bool

    /// In steps times characters. Beyond it, a match is left undecided.
    private static let mostWork = 20_000_000

    /// Nil if the pattern is malformed or not supported.
    init?(_ source: String) {
        var reader = PatternReader(source)
        guard let steps = reader.steps() else { return nil }
        self.source = source
        self.steps = steps
        isForASCII = reader.isForASCII
    }

    /// How much work a text is.
    func work(for text: String) -> Int { (text.utf8.count + 1) * steps.count }

    /// Whether it matches somewhere in the text; nil if that cannot be told.
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

    /// Adds the steps that can be reached from a step without taking a letter.
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

/// The steps that a match has reached, each once.
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
