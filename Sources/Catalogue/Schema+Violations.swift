package import JSON
internal import Spelling

extension Schema {
    /// Finding the nearest name costs more than all other checks; past this many, it helps nobody.
    private static let mostSuggestions = 100

    /// Everything that is wrong with an input: first what is missing, then what is there, in its own order.
    package func violations(in input: JSON) -> [Violation] {
        guard case .object(let object) = input else {
            let message = "must be an object, not \(Excerpt.describing(input))"
            return [Violation(path: Place.input.path, message: message)]
        }
        var violations: [Violation] = []
        var isSeen = [Bool](repeating: false, count: properties.count)
        for member in object.members {
            if let index = index(of: member.key) {
                if isSeen[index] { violations.append(Self.violation(member.key, "is given more than once")) }
                isSeen[index] = true
                properties[index].check(member.value, into: &violations)
            } else if !isOpen {
                violations.append(unknown(member.key, suggesting: violations.count < Self.mostSuggestions))
            }
        }
        let missing = requiredIndices.filter { !isSeen[$0] }
        if missing.isEmpty { return violations }
        return missing.map { Self.violation(properties[$0].name, "is required") } + violations
    }

    private func unknown(_ key: String, suggesting: Bool) -> Violation {
        var message = "is not known to this model"
        if suggesting, let nearest = Suggestion.nearest(to: key, among: properties.lazy.map(\.name)) {
            message += "; did you mean \(Excerpt.quoted(nearest))?"
        }
        return Self.violation(key, message)
    }

    private static func violation(_ key: String, _ message: String) -> Violation {
        Violation(path: Place.property(key).path, message: message)
    }
}
