internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// An event's details in words, for people. `--json` has them as they are.
struct EventWords {
    private var members: [JSONObject.Member]

    /// The words for `event`; empty if its kind says everything.
    static func of(_ event: StoredEvent) -> String {
        guard let object = (try? JSON(parsing: event.detail))?.object else { return event.detail }
        var words = EventWords(members: object.members)
        var parts = words.parts(event.kind).compactMap { $0 }
        // Nothing is kept from the reader: details that have no words yet are shown as they are.
        parts += words.members.map { "\($0.key) \($0.value.string ?? $0.value.text)" }
        return parts.joined(separator: ", ")
    }

    private mutating func parts(_ kind: EventKind) -> [String?] {
        switch kind {
        case .enqueued, .held, .released: [text("message"), by()]
        case .cancelRequested:
            [take("give_up")?.bool == true ? "to do without the missing files" : nil, by()]
        case .changed: changes()
        case .submitting: [take("price_usd")?.double.map { "for about \(Money.text($0))" }]
        case .accepted:
            [text("request_id").map { "as request \($0)" }, text("origin").map { "at \($0)" }]
        case .refused: [text("message")]
        case .uncertain: [text("message"), answer(), bytes()]
        case .resolved: [resolution(), text("input").map { "its input is \($0)" }, by()]
        case .status: [text("status"), take("queue_position")?.integer.map { "position \($0)" }]
        case .fault: fault()
        case .output:
            [file(), text("path"), take("bytes")?.integer.map { ByteText.of($0) }, text("doubt")]
        case .ended: [ending()]
        case .retried: [retrial(), outputs(), by()]
        }
    }

    private mutating func answer() -> String? {
        guard let answer = text("answer"), !answer.isEmpty else { return nil }
        return "the answer was: \(DisplayWidth.cut(answer, to: 200))"
    }

    /// An answer that is not text, or could not be decoded.
    private mutating func bytes() -> String? {
        guard let digits = text("answer_base64") else { return nil }
        let count = digits.utf8.count / 4 * 3 - digits.utf8.suffix(2).count { $0 == UInt8(ascii: "=") }
        let encoding = text("answer_encoding").map { " (\($0))" } ?? ""
        let size = ByteText.of(Int64(count))
        return "the answer was \(size) that are not text\(encoding): answer_base64 in --json"
    }

    private mutating func changes() -> [String?] {
        [
            take("label").map { $0.string.map { "label is now \($0)" } ?? "label removed" },
            take("priority")?.integer.map { "priority is now \($0)" },
            take("not_before").map {
                $0.string.map { "not before \(Self.local($0))" } ?? "its time is now"
            },
            text("input").map { "its input was \($0)" }, text("files").map { "its files were \($0)" },
            outputs(), by(),
        ]
    }

    private mutating func resolution() -> String? {
        let request = text("request_id")
        return switch text("as") {
        case "resubmit": "to be sent again"
        case "abandon": "given up"
        case "adopt": "it was bought as request \(request ?? "")"
        case let other: other
        }
    }

    private mutating func fault() -> [String?] {
        if take("wait") != nil, take("source") != nil { return [text("detail")] }
        _ = take("trouble")
        let what = [file(), text("message")].compactMap { $0 }.joined(separator: ": ")
        return [
            what.isEmpty ? nil : what, take("attempt")?.integer.map { "try \($0)" },
            text("try_again_at").map { "next try at \(Self.local($0))" },
        ]
    }

    private mutating func ending() -> String? {
        let state = text("state")
        let kind = text("error_kind").map { "\(state ?? "failed") (\($0))" } ?? state
        let words = [kind, text("error_message")].compactMap { $0 }.joined(separator: ": ")
        return words.isEmpty ? nil : words
    }

    private mutating func retrial() -> String {
        _ = take("state")
        let isResubmitted = take("resubmit")?.bool
        let request = text("request_id")
        return switch isResubmitted {
        case true: "to be submitted again" + (request.map { "; before, it was request \($0)" } ?? "")
        case false: "it continues from its request" + (request.map { " \($0)" } ?? "")
        default: "fetched once more"
        }
    }

    private mutating func outputs() -> String? {
        guard let list = take("outputs")?.array, !list.isEmpty else { return nil }
        return (list.count == 1 ? "file " : "files ") + list.map(\.text).joined(separator: ", ")
    }

    private mutating func file() -> String? { take("position")?.integer.map { "file \($0)" } }
    private mutating func by() -> String? { text("by").map { "by \($0)" } }
    private mutating func text(_ key: String) -> String? { take(key)?.string }

    /// The value of `key`, which then counts as said.
    private mutating func take(_ key: String) -> JSON? {
        members.firstIndex { $0.key == key }.map { members.remove(at: $0).value }
    }

    private static func local(_ text: String) -> String {
        Timestamp(text).map { TimeText.local($0.milliseconds) } ?? text
    }
}

extension StoredEvent {
    /// What happened, in one line. It may still contain control characters.
    var words: String {
        let words = EventWords.of(self)
        return words.isEmpty ? kind.rawValue : "\(kind.rawValue): \(words)"
    }
}
