internal import JSON

/// What a question is about. An answer that names another request or model is not an answer to it.
package struct Subject: Equatable, Sendable {
    package let requestID: String
    /// Nil if it is not known.
    package let model: String?

    package init(requestID: String, model: String? = nil) {
        (self.requestID, self.model) = (requestID, model)
    }

    /// Why `answer` is about something else; nil if it is not, or does not say.
    func mismatch(in answer: JSON) -> String? {
        if let named = answer["request_id"], named != .null, named.string != requestID {
            return "an answer about another request: \(Self.shown(named))"
        }
        guard let model else { return nil }
        for key in ["model_id", "model"] {
            guard let named = answer[key]?.string, isID(named, beside: model) else { continue }
            if named.lowercased() != model.lowercased() {
                return "an answer about another model: \(Self.shown(.string(named)))"
            }
        }
        return nil
    }

    /// An id has slashes: other words are titles, or inputs that are echoed.
    private func isID(_ text: String, beside model: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "/")) || !model.utf8.contains(UInt8(ascii: "/"))
    }

    private static func shown(_ value: JSON) -> String {
        String((value.string ?? value.text).unicodeScalars.prefix(128))
    }
}
