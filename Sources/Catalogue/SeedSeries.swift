package import JSON

/// The seeds of jobs that are otherwise equal: counted up from the given one, or else random.
package enum SeedSeries {
    package static let key = "seed"

    /// In many services, this means "random".
    private static let random: Int64 = -1
    /// Seeds that every service accepts, if it does not name a range.
    private static let usual: ClosedRange<Int64> = 0...Int64(Int32.max)

    /// - Parameters:
    ///   - given: the seed of the input that is repeated.
    ///   - counts: whether to count up from it. If it is another job's seed, it is not used again.
    ///   - schema: nil for an unknown model.
    /// - Returns: `count` different seeds; nil if there is no seed to vary.
    package static func seeds(
        _ count: Int, from given: JSON?, counts: Bool = true, schema: Schema?,
        using generator: inout some RandomNumberGenerator
    ) throws(SeedError) -> [JSON]? {
        let rule = schema?[key]?.rule
        guard given != nil || rule != nil else { return nil }
        switch rule?.type {
        case .boolean, .array, .object, .null: return nil
        case .integer, .number, .string, nil: break
        }
        if let rule, !rule.choices.isEmpty { return nil }

        let numbers: [Int64]
        if let given, counts {
            guard let first = given.integer ?? given.string.flatMap({ Int64($0) }) else {
                throw SeedError.noNumber
            }
            numbers =
                first == random
                ? try drawn(count, rule, &generator) : try counted(count, from: first, rule)
        } else {
            numbers = try drawn(count, rule, &generator)
        }
        let isText = given.map { $0.string != nil } ?? (rule?.type == .string)
        return numbers.map { isText ? .string(String($0)) : .integer($0) }
    }

    private static func counted(
        _ count: Int, from first: Int64, _ rule: ValueRule?
    ) throws(SeedError) -> [Int64] {
        let (last, isTooLarge) = first.addingReportingOverflow(Int64(count) - 1)
        if isTooLarge { throw .beyondRange(largest: Int64.max) }
        if let largest = bound(rule?.highest, .down), last > largest { throw .beyondRange(largest: largest) }
        return Array(first...last)
    }

    private static func drawn(
        _ count: Int, _ rule: ValueRule?, _ generator: inout some RandomNumberGenerator
    ) throws(SeedError) -> [Int64] {
        var lowest = max(usual.lowerBound, bound(rule?.lowest, .up) ?? usual.lowerBound)
        let most = max(usual.upperBound, lowest + Int64(count))
        let highest = min(bound(rule?.highest, .down) ?? most, most)
        if lowest > highest { lowest = bound(rule?.lowest, .up) ?? highest }
        guard lowest <= highest, highest - lowest >= count - 1 else {
            throw .tooFew(max(0, highest - lowest + 1))
        }
        if highest - lowest < 4 * Int64(count) {
            return Array(Array(lowest...highest).shuffled(using: &generator).prefix(count))
        }
        var numbers: [Int64] = []
        var isTaken: Set<Int64> = []
        while numbers.count < count {
            let number = Int64.random(in: lowest...highest, using: &generator)
            if isTaken.insert(number).inserted { numbers.append(number) }
        }
        return numbers
    }

    /// The whole number nearest to a schema's bound and within it, limited to what is safe to calculate with.
    private static func bound(_ bound: NumberBound?, _ inward: FloatingPointRoundingRule) -> Int64? {
        guard let bound, let value = bound.written.double else { return nil }
        let whole = value.rounded(inward)
        let step: Double = bound.isExclusive && whole == value ? (inward == .up ? 1 : -1) : 0
        return Int64(min(max(whole + step, -0x1p53), 0x1p53))
    }
}

/// Why a seed cannot be varied.
package enum SeedError: Error, Equatable, CustomStringConvertible {
    case noNumber
    case beyondRange(largest: Int64)
    case tooFew(Int64)

    package var description: String {
        switch self {
        case .noNumber: "the seed is not a whole number, so it cannot be counted up"
        case .beyondRange(let largest): "seeds counted up from there would exceed \(largest), the largest"
        case .tooFew(let count): "the model allows only \(count) different seeds"
        }
    }
}
