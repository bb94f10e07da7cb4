package import JSON

/// A value in an input that stands for outputs of another job: `job:12` (its first output), `job:12/3`,
/// `job:12/all` (in a list), `job:12/pick` (those that a person has picked).
package struct Reference: Equatable, Sendable {
    package enum Part: Equatable, Sendable {
        case position(Int64)
        case all, pick
    }

    /// The id of the source, or its key until jobctl has replaced it by the id.
    package var source: String
    package let part: Part

    package static let forms = "a reference is job:ID, job:ID/N, job:ID/all or job:ID/pick"

    package init(_ source: Int64, _ part: Part) { (self.source, self.part) = (String(source), part) }

    /// Nil if the text is no reference, or a malformed one: see `isMeant`. Keys may hold a slash, ids do not.
    package init?(_ text: String) {
        guard Self.isMeant(text) else { return nil }
        let rest = text.dropFirst(4)
        let slash = rest.utf8.lastIndex(of: UInt8(ascii: "/"))
        if let slash, let part = Part(word: rest[slash...].dropFirst()) {
            (source, self.part) = (String(rest[..<slash]), part)
        } else {
            if let slash, Part.number(rest[..<slash]) != nil { return nil }
            (source, part) = (String(rest), .position(1))
        }
        if source.isEmpty { return nil }
    }

    /// Whether the text looks like a reference: it begins with `job:` and has no blank.
    package static func isMeant(_ text: String) -> Bool {
        text.utf8.starts(with: "job:".utf8) && text.utf8.allSatisfy { $0 > 0x20 }
    }

    /// Whether the store takes the text for a reference if its colon is not escaped.
    package static func isStored(_ text: String) -> Bool {
        isMeant(text) && text.utf8.dropFirst(4).first.map { (0x30...0x39).contains($0) } ?? false
    }

    /// Nil if `source` is a key.
    package var id: Int64? { Part.number(source) }

    package var text: String { "job:\(source)" + (part == .position(1) ? "" : "/\(part.word)") }
}

extension Reference.Part {
    /// As `links.output` has it.
    package var word: String {
        switch self {
        case .position(let number): String(number)
        case .all: "all"
        case .pick: "pick"
        }
    }

    /// Whether it means this output of its source.
    package func includes(_ output: Output) -> Bool {
        switch self {
        case .position(let number): output.position == number
        case .all: true
        case .pick: output.pickedAt != nil
        }
    }

    package init?(word: some StringProtocol) {
        switch word {
        case "all": self = .all
        case "pick": self = .pick
        default:
            guard word.utf8.count <= 9, let number = Self.number(word) else { return nil }
            self = .position(number)
        }
    }

    /// A positive number in plain digits.
    fileprivate static func number(_ digits: some StringProtocol) -> Int64? {
        guard digits.utf8.count <= 18, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.utf8.first != 0x30
        else { return nil }
        return Int64(digits)
    }
}

/// A reference of a stored job: a row of `links`.
package struct Link: Equatable, Sendable {
    package let jobID: Int64
    /// Where in the job's input, as `JSON.texts` says it.
    package let path: String
    package let sourceID: Int64
    package let part: Reference.Part
    /// When it was last sent, and the positions of the outputs that it became.
    package var resolvedAt: Timestamp?
    package var sent: [Int64] = []

    package init(jobID: Int64, path: String, sourceID: Int64, part: Reference.Part) {
        (self.jobID, self.path, self.sourceID, self.part) = (jobID, path, sourceID, part)
    }

    /// Whether it stands in a list, where it may become several values.
    package var isInList: Bool { path.utf8.last == UInt8(ascii: "]") }
}

/// A reference, and the state of the job that has it; nil if that job is no longer there.
package struct LinkedJob: Equatable, Sendable {
    package let link: Link
    package let state: JobState?

    package init(_ link: Link, in state: JobState?) { (self.link, self.state) = (link, state) }
}

extension JSON {
    /// Whether there is such a text in the value.
    package func hasText(where isSought: (String) -> Bool) -> Bool {
        switch self {
        case .null, .bool, .number: false
        case .string(let text): isSought(text)
        case .array(let items): items.contains { $0.hasText(where: isSought) }
        case .object(let object): object.members.contains { $0.value.hasText(where: isSought) }
        }
    }

    /// The value with each text in it replaced by what `change` makes of it: in a list, by any number of
    /// values; elsewhere only by one. Nil keeps the text.
    ///
    /// - Parameter change: gets the path as the store writes it, such as `$.images[0]`.
    package func replacingTexts(
        _ path: String = "$", _ change: (_ path: String, _ text: String) throws -> [JSON]?
    ) rethrows -> JSON {
        switch self {
        case .null, .bool, .number: return self
        case .string(let text): return try change(path, text)?.first ?? self
        case .array(let items):
            return .array(
                try items.enumerated().flatMap { index, item in
                    let place = "\(path)[\(index)]"
                    guard let text = item.string else { return [try item.replacingTexts(place, change)] }
                    return try change(place, text) ?? [item]
                })
        case .object(let object):
            return .object(
                JSONObject(
                    try object.members.map { member in
                        let place = path + "." + member.key.filter { $0 != "\"" }
                        return .init(
                            key: member.key, value: try member.value.replacingTexts(place, change))
                    }))
        }
    }
}
