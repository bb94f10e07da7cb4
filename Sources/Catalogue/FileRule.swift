import JSON
package import JobModel

/// What a schema demands of a file, such as `width_pixels<` 6000.
package struct FileRule: Sendable, Equatable {
    /// The raw value is the word of the schema.
    package enum Measure: String, Sendable {
        case megabytes = "file_size_mb"
        case ratio = "width/height"
        case width = "width_pixels"
        case height = "height_pixels"
    }

    package enum Bound: Character, Sendable {
        case atLeast = ">"
        case atMost = "<"
    }

    package enum Kind: Sendable, Equatable {
        case bound(Measure, Bound, Double)
        /// A rule of another kind. It cannot be checked, so no file breaks it.
        case unknown
    }

    package let kind: Kind
    /// The rule as the schema writes it.
    package let rule: String
    /// The schema's own words for a file that breaks the rule.
    package let message: String?

    /// Nil for something that is not a rule.
    init?(_ definition: JSON) {
        guard let rule = definition["validation_rule"]?.string else { return nil }
        self.rule = rule
        message = definition["validation_error"]?.string
        if let value = definition["validation_value"]?.double, value.isFinite,
            let bound = rule.last.flatMap(Bound.init),
            let measure = Measure(rawValue: String(rule.dropLast()))
        {
            kind = .bound(measure, bound, value)
        } else {
            kind = .unknown
        }
    }

    /// What is wrong with a file; nil if nothing is, or if it cannot be told. A value that is equal to the
    /// bound passes: the schemas' texts and operators disagree about it.
    func fault(in facts: FileFacts) -> String? {
        guard case .bound(let measure, let bound, let limit) = kind, let value = facts.value(of: measure)
        else { return nil }
        var (lowest, highest) = (limit, limit)
        if measure == .ratio {
            // 0.33 means 1:3, and no file is refused for a rounding error.
            let meant = limit == 0.33 ? 1.0 / 3.0 : limit
            (lowest, highest) = (min(limit, meant) - 1e-6, max(limit, meant) + 1e-6)
        }
        let shown = Excerpt.describing(.double(limit)) + (measure == .megabytes ? " MB" : "")
        switch bound {
        case .atLeast where value < lowest:
            return "\(facts.phrase(for: measure)); at least \(shown) is needed"
        case .atMost where value > highest:
            return "\(facts.phrase(for: measure)); at most \(shown) is allowed"
        default: return nil
        }
    }
}

extension FileDemand {
    /// What is wrong with a real file of which everything is known.
    package func faults(in content: FileContent) -> [String] {
        fault(kind: content.kind, content.mediaType).map { [$0] } ?? faults(in: content.facts)
    }

    /// What is wrong with an output of a job by what is recorded of it.
    package func faults(in output: Output) -> [String] {
        let facts = FileFacts(
            bytes: output.bytes, width: output.width.map { Int($0) }, height: output.height.map { Int($0) })
        let found =
            output.mediaType.map {
                faults(in: FileContent(facts, kind: output.kind.rawValue, mediaType: $0))
            } ?? faults(in: facts)
        return found.map { "output \(output.position) of job \(output.jobID) \($0)" }
    }

    /// Why a file is not of the kind that the schema asks for; nil if it is, or if that is not known.
    package func fault(kind: String, _ mediaType: String) -> String? {
        // A format that is not known here may still be right.
        let unknown = ["application/octet", "image/", "video/", "audio/"]
        if kind == "file", unknown.contains(where: { mediaType.hasPrefix($0) }) { return nil }
        if let wanted = self.kind { return kind == wanted ? nil : "is \(mediaType), not \(wanted)" }
        let hasShape = validations.contains { rule in
            guard case .bound(let measure, _, _) = rule.kind else { return false }
            return measure != .megabytes
        }
        return hasShape && ["audio", "file"].contains(kind)
            ? "is \(mediaType), which has no width and height" : nil
    }

    /// What is wrong with a real file.
    package func faults(in facts: FileFacts) -> [String] { validations.compactMap { $0.fault(in: facts) } }

    /// The rules of which it cannot be told whether the file follows them.
    package func uncheckedRules(of facts: FileFacts) -> [FileRule] {
        validations.filter { rule in
            guard case .bound(let measure, _, _) = rule.kind else { return true }
            return facts.value(of: measure) == nil
        }
    }
}

/// What a file on this machine is.
package struct FileContent: Sendable, Equatable {
    package let facts: FileFacts
    /// `image`, `video`, `audio` or `file`.
    package let kind: String
    package let mediaType: String

    package init(_ facts: FileFacts, kind: String, mediaType: String) {
        (self.facts, self.kind, self.mediaType) = (facts, kind, mediaType)
    }
}

/// What is known of a real file; nil is unknown.
package struct FileFacts: Sendable, Equatable {
    package var bytes: Int64?
    package var width: Int?
    package var height: Int?

    package init(bytes: Int64?, width: Int?, height: Int?) {
        self.bytes = bytes
        self.width = width
        self.height = height
    }

    func value(of measure: FileRule.Measure) -> Double? {
        switch measure {
        // No one says whether a megabyte is 10^6 or 2^20 bytes. The larger one refuses less.
        case .megabytes: return bytes.map { Double($0) / 0x1p20 }
        case .width: return width.map { Double($0) }
        case .height: return height.map { Double($0) }
        case .ratio:
            guard let width, let height, height > 0 else { return nil }
            return Double(width) / Double(height)
        }
    }

    /// The measure, in the words with which a refusal begins.
    func phrase(for measure: FileRule.Measure) -> String {
        switch measure {
        case .megabytes: "has \(bytes ?? 0) bytes"
        case .width: "is \(width ?? 0) pixels wide"
        case .height: "is \(height ?? 0) pixels high"
        case .ratio: "has a width/height of \(width ?? 0)/\(height ?? 0)"
        }
    }
}
