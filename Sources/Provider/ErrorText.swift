internal import JSON

/// Makes one message of an error. The service writes it as text, object or array, under several names.
enum ErrorText {
    /// In Unicode scalars: what people see as one letter may be megabytes of marks.
    static let longest = 500

    private static let keys = ["error_message", "error", "message", "failure_reason", "detail"]

    /// Nil if nothing in the body reads like an error.
    static func read(_ body: JSON) -> String? {
        for key in keys {
            if let text = body[key].flatMap(text), !text.isEmpty {
                return String(SealedAddress.seal(text).unicodeScalars.prefix(longest))
            }
        }
        return nil
    }

    private static func text(_ value: JSON) -> String? {
        switch value {
        case .null, .bool: nil
        case .string(let text): text
        case .number(let digits): digits
        case .array(let elements): elements.compactMap(text).filter { !$0.isEmpty }.joined(separator: "; ")
        case .object(let object): text(object)
        }
    }

    private static func text(_ object: JSONObject) -> String? {
        // Pydantic's form: where the fault is, and what it is.
        if let place = object["loc"]?.array, let message = object["msg"]?.string {
            return "\(place.compactMap(text).joined(separator: ".")): \(message)"
        }
        let code = ["code", "errorCode", "error_code", "type"].lazy.compactMap { object[$0].flatMap(text) }
            .first
        for key in keys + ["msg"] {
            guard let message = object[key].flatMap(text), !message.isEmpty else { continue }
            return code.map { "\(message) (\($0))" } ?? message
        }
        return code ?? (object.members.isEmpty ? nil : JSON.object(object).text)
    }
}
