package import JSON

/// What a schema says about one value: a property's own, or each item of its list.
package struct ValueRule: Sendable {
    /// Nil where the schema names none, or one that is not known.
    package let type: ValueType?
    /// Empty where any value will do.
    package let choices: [JSON]
    package let minLength: Int?
    package let maxLength: Int?
    package let minimum: JSON?
    package let maximum: JSON?
    package let format: String?
    /// Whether the value names a file that the service fetches.
    package let isFile: Bool

    private let lowest: DecimalNumber?
    private let highest: DecimalNumber?

    init(_ definition: JSON?, isFile: Bool) {
        type = definition?["type"]?.string.flatMap(ValueType.init(word:))
        choices = definition?["enum"]?.array ?? []
        minLength = Self.count(definition?["minLength"])
        maxLength = Self.count(definition?["maxLength"])
        lowest = Self.number(definition?["minimum"])
        highest = Self.number(definition?["maximum"])
        minimum = lowest == nil ? nil : definition?["minimum"]
        maximum = highest == nil ? nil : definition?["maximum"]
        format = definition?["format"]?.string
        self.isFile = isFile
    }

    /// A bound on a count; nil where the schema holds something that is none.
    static func count(_ value: JSON?) -> Int? {
        guard let count = value?.integer, count >= 0 else { return nil }
        return Int(count)
    }

    private static func number(_ value: JSON?) -> DecimalNumber? {
        if case .number(let digits) = value { return DecimalNumber(digits) }
        return nil
    }

    /// Adds what is wrong with `value`. Nothing is built, not even a path, for a value that is right.
    func check(_ value: JSON, at place: Place, into violations: inout [Violation]) {
        func report(_ message: String) { violations.append(Violation(path: place.path, message: message)) }

        if let type, !type.admits(value) {
            return report("must be \(type.phrase), not \(Excerpt.describing(value))")
        }
        if !choices.isEmpty, !choices.contains(where: { $0.isSameValue(as: value) }) {
            report("must be one of \(Excerpt.list(choices)), not \(Excerpt.describing(value))")
        }
        switch value {
        case .string(let text):
            if let fault = lengthFault(text) { report(fault) }
            if isFile, let fault = FileURL.fault(in: text) { report(fault) }
        case .number(let digits):
            if lowest != nil || highest != nil, let fault = boundFault(digits) { report(fault) }
            fallthrough
        case .null, .bool, .object:
            if isFile, type == nil { report("must be an https URL, not \(Excerpt.describing(value))") }
        case .array: break
        }
    }

    private func lengthFault(_ text: String) -> String? {
        // A character takes one to four bytes, so that most texts need not be counted.
        let bytes = text.utf8.count
        if let maxLength, bytes > maxLength {
            let length = text.unicodeScalars.count
            if length > maxLength { return "is \(length) characters long; at most \(maxLength) are allowed" }
        }
        if let minLength, bytes / 4 < minLength {
            let length = text.unicodeScalars.count
            if length < minLength { return "is \(length) characters long; at least \(minLength) are needed" }
        }
        return nil
    }

    private func boundFault(_ digits: String) -> String? {
        guard let number = DecimalNumber(digits) else { return nil }
        if let lowest, let minimum, number < lowest {
            return "is \(Excerpt.plain(digits)); must be at least \(Excerpt.describing(minimum))"
        }
        if let highest, let maximum, number > highest {
            return "is \(Excerpt.plain(digits)); must be at most \(Excerpt.describing(maximum))"
        }
        return nil
    }
}
