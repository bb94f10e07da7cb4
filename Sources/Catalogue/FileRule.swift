import JSON

/// What a schema demands of a file, such as `width_pixels<` 6000.
package struct FileRule: Sendable, Equatable {
    package enum Measure: Sendable {
        case megabytes, ratio, width, height
    }

    package enum Bound: Sendable {
        case atLeast, atMost
    }

    package enum Kind: Sendable, Equatable {
        case bound(Measure, Bound, Double)
        /// A rule of another kind. It cannot be checked, which does not make a file wrong.
        case unknown
    }

    package let kind: Kind
    /// The rule as the schema writes it.
    package let rule: String
    /// The schema's own words for a file that breaks the rule.
    package let message: String?

    /// Nil for what is no rule at all.
    init?(_ definition: JSON) {
        guard let rule = definition["validation_rule"]?.string else { return nil }
        self.rule = rule
        message = definition["validation_error"]?.string
        kind = Self.kind(rule, definition["validation_value"]?.double)
    }

    /// On a bound a file passes, since texts and operators disagree there: `<` reads as "at most".
    private static func kind(_ rule: String, _ value: Double?) -> Kind {
        guard let value, value.isFinite else { return .unknown }
        let bound: Bound
        switch rule.last {
        case "<": bound = .atMost
        case ">": bound = .atLeast
        default: return .unknown
        }
        switch rule.dropLast() {
        case "file_size_mb": return .bound(.megabytes, bound, value)
        case "width/height": return .bound(.ratio, bound, value)
        case "width_pixels": return .bound(.width, bound, value)
        case "height_pixels": return .bound(.height, bound, value)
        default: return .unknown
        }
    }

    /// Whether there is a way to tell with these facts.
    func isCheckable(with facts: FileFacts) -> Bool {
        guard case .bound(let measure, _, _) = kind else { return false }
        return facts.value(of: measure) != nil
    }

    /// What is wrong with a file; nil where nothing is, or where it cannot be told.
    func fault(in facts: FileFacts) -> String? {
        guard case .bound(let measure, let bound, let limit) = kind, let value = facts.value(of: measure)
        else {
            return nil
        }
        switch bound {
        case .atLeast where value < Self.lenient(limit, measure, bound):
            return "\(facts.phrase(for: measure)); at least \(Self.phrase(limit, measure)) is needed"
        case .atMost where value > Self.lenient(limit, measure, bound):
            return "\(facts.phrase(for: measure)); at most \(Self.phrase(limit, measure)) is allowed"
        default: return nil
        }
    }

    /// A ratio of 0.33 stands for 1:3, and no file is refused for a rounding.
    private static func lenient(_ limit: Double, _ measure: Measure, _ bound: Bound) -> Double {
        guard measure == .ratio else { return limit }
        let meant = limit == 0.33 ? 1.0 / 3.0 : limit
        return bound == .atLeast ? min(limit, meant) - 1e-6 : max(limit, meant) + 1e-6
    }

    private static func phrase(_ limit: Double, _ measure: Measure) -> String {
        let number = Excerpt.describing(.double(limit))
        return measure == .megabytes ? number + " MB" : number
    }
}
