/// Reads a regular expression into the steps of its match.
struct PatternReader {
    private typealias Step = TextPattern.Step
    private typealias Letters = TextPattern.Letters

    /// Far more than in any pattern written by hand.
    private static let mostSteps = 2000
    private static let deepest = 30

    static let word = TextPattern.Letters(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    private static let digit = Letters(ranges: [0x30...0x39])
    private static let blank = Letters(ranges: [0x09...0x0D, 0x20...0x20])

    private let letters: [UInt32]
    private var position = 0
    private var depth = 0
    private(set) var isForASCII = false

    init(_ source: String) { letters = source.unicodeScalars.map(\.value) }

    /// Nil if the pattern is not understood.
    mutating func steps() -> [TextPattern.Step]? {
        guard letters.count <= Self.mostSteps, let steps = alternation(), position == letters.count else {
            return nil
        }
        return steps + [.match]
    }

    private var current: Unicode.Scalar? {
        position < letters.count ? Unicode.Scalar(letters[position]) : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar else { return false }
        position += 1
        return true
    }

    /// Steps name each other by their index: when they are moved, the indices must be shifted.
    private static func shifted(_ steps: [Step], by distance: Int) -> [Step] {
        steps.map { step in
            switch step {
            case .split(let one, let other): .split(one + distance, other + distance)
            case .jump(let target): .jump(target + distance)
            default: step
            }
        }
    }

    private mutating func alternation() -> [Step]? {
        guard var steps = sequence() else { return nil }
        while take("|") {
            guard let other = sequence(), steps.count + other.count <= Self.mostSteps else { return nil }
            let end = steps.count + 2 + other.count
            steps =
                [.split(1, steps.count + 2)] + Self.shifted(steps, by: 1) + [.jump(end)]
                + Self.shifted(other, by: steps.count + 2)
        }
        return steps
    }

    private mutating func sequence() -> [Step]? {
        var steps: [Step] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            guard let piece = atom(), let repeated = repeated(piece),
                steps.count + repeated.count <= Self.mostSteps
            else { return nil }
            steps += Self.shifted(repeated, by: steps.count)
        }
        return steps
    }

    private mutating func atom() -> [Step]? {
        guard let scalar = current else { return nil }
        position += 1
        switch scalar {
        case "^": return [.start]
        case "$": return [.end]
        case ".": return [.letters(Letters(ranges: [0x0A...0x0A], isNegated: true))]
        case "(": return group()
        case "[": return set().map { [.letters($0)] }
        case "\\":
            if take("b") { return boundary(true) }
            if take("B") { return boundary(false) }
            return escape().map { [.letters($0)] }
        case "*", "+", "?", "{", "}", "]": return nil
        default: return [.letter(scalar.value)]
        }
    }

    private mutating func boundary(_ isWanted: Bool) -> [Step] {
        isForASCII = true
        return [.wordBoundary(isWanted)]
    }

    private mutating func group() -> [Step]? {
        if take("?"), !take(":") { return nil }
        depth += 1
        guard depth <= Self.deepest, let steps = alternation(), take(")") else { return nil }
        depth -= 1
        return steps
    }

    private mutating func repeated(_ piece: [Step]) -> [Step]? {
        var least = 1
        var most: Int? = 1
        if take("*") {
            (least, most) = (0, nil)
        } else if take("+") {
            (least, most) = (1, nil)
        } else if take("?") {
            (least, most) = (0, 1)
        } else if take("{") {
            guard let low = number() else { return nil }
            (least, most) = (low, low)
            if take(",") { most = current == "}" ? nil : number() ?? -1 }
            guard take("}"), most.map({ $0 >= low }) ?? true else { return nil }
        } else {
            return piece
        }
        // Greedy or not makes no difference to whether it matches.
        _ = take("?")
        if let scalar = current, "*+?{".unicodeScalars.contains(scalar) { return nil }
        return Self.times(piece, least, most)
    }

    private static func times(_ piece: [Step], _ least: Int, _ most: Int?) -> [Step]? {
        let copies = max(most ?? least + 1, 1)
        guard copies <= mostSteps, copies * (piece.count + 2) <= mostSteps else { return nil }
        var steps: [Step] = []
        for _ in 0..<least { steps += shifted(piece, by: steps.count) }
        guard let most else {
            let start = steps.count
            return steps + [.split(start + 1, start + piece.count + 2)] + shifted(piece, by: start + 1)
                + [.jump(start)]
        }
        let end = steps.count + (most - least) * (piece.count + 1)
        for _ in least..<most {
            steps.append(.split(steps.count + 1, end))
            steps += shifted(piece, by: steps.count)
        }
        return steps
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let digit = current.flatMap({ Character($0).wholeNumberValue }), digit < 10, value ?? 0 <= 1000
        {
            value = (value ?? 0) * 10 + digit
            position += 1
        }
        return value
    }

    /// The set between brackets.
    private mutating func set() -> Letters? {
        var set = Letters(ranges: [], isNegated: take("^"))
        while let scalar = current, scalar != "]" {
            guard let first = member() else { return nil }
            guard current == "-", position + 1 < letters.count, letters[position + 1] != 0x5D else {
                set.ranges += first.ranges
                continue
            }
            position += 1
            guard let last = member(), let low = first.single, let high = last.single, low <= high else {
                return nil
            }
            set.ranges.append(low...high)
        }
        return take("]") && !set.ranges.isEmpty ? set : nil
    }

    private mutating func member() -> Letters? {
        guard let scalar = current else { return nil }
        position += 1
        // In some dialects this begins a named class, or a set within the set.
        if scalar == "[" { return nil }
        guard scalar == "\\" else { return Letters(ranges: [scalar.value...scalar.value]) }
        guard let letters = escape(), !letters.isNegated else { return nil }
        return letters
    }

    /// The characters after a backslash.
    private mutating func escape() -> Letters? {
        guard let scalar = current else { return nil }
        position += 1
        func one(_ value: UInt32) -> Letters { Letters(ranges: [value...value]) }
        switch scalar {
        case "d", "D", "w", "W", "s", "S":
            isForASCII = true
            var letters =
                ["d": Self.digit, "w": Self.word][Character(scalar.properties.lowercaseMapping)]
                ?? Self.blank
            letters.isNegated = scalar.value < 0x61
            return letters
        case "n": return one(0x0A)
        case "r": return one(0x0D)
        case "t": return one(0x09)
        case "f": return one(0x0C)
        case "v": return one(0x0B)
        case "x": return hexadecimal(2).map(one)
        case "u": return hexadecimal(4).map(one)
        default:
            let isSign = scalar.value < 0x80 && !Self.word.contains(scalar.value)
            return isSign ? one(scalar.value) : nil
        }
    }

    private mutating func hexadecimal(_ count: Int) -> UInt32? {
        guard position + count <= letters.count else { return nil }
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let scalar = current, scalar.isASCII, let digit = Character(scalar).hexDigitValue else {
                return nil
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return Unicode.Scalar(value).map(\.value)
    }
}

extension TextPattern.Letters {
    fileprivate var single: UInt32? {
        ranges.count == 1 && ranges[0].count == 1 && !isNegated ? ranges[0].lowerBound : nil
    }
}
