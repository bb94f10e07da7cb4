internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// What an event's details say, as a person reads them. The raw ones stay in `--json`.
struct EventWords {
    private var members: [JSONObject.Member]

    /// The words for `event`; empty where its kind says it all.
    static func of(_ event: StoredEvent) -> String {
        guard let object = (try? JSON(parsing: event.detail))?.object else { return event.detail }
        var words = EventWords(members: object.members)
        var parts = words.sentence(event.kind)
        // Nothing is kept from the reader: what has no words yet is shown as it is.
        parts += words.members.map { "\($0.key) \($0.value.string ?? $0.value.text)" }
        return parts.joined(separator: ", ")
    }

    private init(members: [JSONObject.Member]) { self.members = members }

    private mutating func sentence(_ kind: EventKind) -> [String] {
        switch kind {
        case .enqueued, .held, .released: return [by()].compactMap { $0 }
        case .cancelRequested:
            return [take("give_up")?.bool == true ? "to do without what has not come" : nil, by()].compactMap
            { $0 }
        case .changed: return changes()
        case .submitting:
            return [take("price_usd")?.double.map { "for about \(Price.text($0))" }].compactMap { $0 }
        case .accepted:
            return [text("request_id").map { "as request \($0)" }, text("origin").map { "at \($0)" }]
                .compactMap { $0 }
        case .refused: return [text("message")].compactMap { $0 }
        case .uncertain:
            return [text("message"), answer(), bytes()].compactMap { $0 }
        case .resolved: return resolution()
        case .status:
            return [text("status"), take("queue_position")?.integer.map { "position \($0)" }].compactMap {
                $0
            }
        case .fault: return fault()
        case .output:
            let position = take("position")?.integer.map { "file \($0)" }
            let bytes = take("bytes")?.integer.map { ByteText.of($0) }
            return [position, text("path"), bytes, text("doubt")].compactMap { $0 }
        case .ended: return ending()
        case .retried: return retrial()
        }
    }

    private mutating func answer() -> String? {
        guard let answer = text("answer"), !answer.isEmpty else { return nil }
        return "the answer was: \(DisplayWidth.cut(answer, to: 200))"
    }

    /// What came and is no text, or could not be decoded.
    private mutating func bytes() -> String? {
        guard let digits = text("answer_base64") else { return nil }
        let count = digits.utf8.count / 4 * 3 - digits.utf8.suffix(2).count { $0 == UInt8(ascii: "=") }
        let encoding = text("answer_encoding").map { " in \($0)" } ?? ""
        return "\(ByteText.of(Int64(count))) that are no text came\(encoding): answer_base64 in --json"
    }

    private mutating func changes() -> [String] {
        var parts: [String] = []
        if let value = take("label") {
            parts.append(value.string.map { "label is now \($0)" } ?? "label taken away")
        }
        if let value = take("priority")?.integer { parts.append("priority is now \(value)") }
        if let value = take("not_before") {
            parts.append(value.string.map { "not before \(Self.local($0))" } ?? "its time is now")
        }
        if let value = text("input") { parts.append("its input was \(value)") }
        if let value = text("files") { parts.append("its files were \(value)") }
        return parts + [outputs(), by()].compactMap { $0 }
    }

    private mutating func resolution() -> [String] {
        let request = text("request_id")
        let what: String? =
            switch text("as") {
            case "resubmit": "to be sent again"
            case "abandon": "given up"
            case "adopt": "it was bought as request \(request ?? "")"
            case let other: other
            }
        return [what, by()].compactMap { $0 }
    }

    private mutating func fault() -> [String] {
        let position = take("position")?.integer.map { "file \($0)" }
        let message = text("message")
        let what = [position, message].compactMap { $0 }.joined(separator: ": ")
        return [
            what.isEmpty ? nil : what, take("attempt")?.integer.map { "try \($0)" },
            text("try_again_at").map { "next try at \(Self.local($0))" },
        ].compactMap { $0 }
    }

    private mutating func ending() -> [String] {
        let state = text("state")
        let kind = text("error_kind").map { "\(state ?? "failed") (\($0))" } ?? state
        return [[kind, text("error_message")].compactMap { $0 }.joined(separator: ": ")].filter {
            !$0.isEmpty
        }
    }

    private mutating func retrial() -> [String] {
        _ = take("state")
        let isAnew = take("resubmit")?.bool
        let request = text("request_id")
        let what: String? =
            switch isAnew {
            case true: "to be submitted anew" + (request.map { "; before it was request \($0)" } ?? "")
            case false: "it goes on from its request" + (request.map { " \($0)" } ?? "")
            default: "fetched once more"
            }
        return [what, outputs(), by()].compactMap { $0 }
    }

    private mutating func outputs() -> String? {
        guard let list = take("outputs")?.array, !list.isEmpty else { return nil }
        return (list.count == 1 ? "file " : "files ") + list.map(\.text).joined(separator: ", ")
    }

    private mutating func by() -> String? { text("by").map { "by \($0)" } }
    private mutating func text(_ key: String) -> String? { take(key)?.string }

    /// The value of `key`, which counts as said from then on.
    private mutating func take(_ key: String) -> JSON? {
        members.firstIndex { $0.key == key }.map { members.remove(at: $0).value }
    }

    private static func local(_ text: String) -> String {
        Timestamp(text).map { TimeText.local($0.milliseconds) } ?? text
    }
}
