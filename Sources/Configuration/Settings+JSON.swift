package import JSON
internal import JobModel

/// The settings of one jobd, as other machines read them.
extension Configuration {
    /// What means something only on jobd's own machine, or may hold a secret.
    private static let local: Set<String> = [
        "token_file", "output_dir", "on_finish", "on_attention", "metrics_file", "store", "log_level",
    ]

    /// All other keys that have a value.
    package var sharedJSON: JSON {
        let members = Settings.all.compactMap { setting -> JSONObject.Member? in
            guard !Self.local.contains(setting.key), let value = setting.value(self) else { return nil }
            return .init(key: setting.key, value: value)
        }
        return .object(JSONObject(members))
    }

    /// What is set of the object storage, for `--set`.
    package var storageAssignments: [String] {
        guard storage.url != nil else { return [] }
        return Settings.all.compactMap { setting in
            guard setting.key.hasPrefix("storage."), let value = setting.value(self) else { return nil }
            return "\(setting.key)=\(value.string ?? value.text)"
        }
    }

    /// Reads what `sharedJSON` wrote. What another version has written, and is not understood, is left out;
    /// nil for what is no such text at all.
    package init?(shared text: String) {
        guard let object = (try? JSON(parsing: text))?.object, !object.members.isEmpty else { return nil }
        var reader = ConfigurationReader()
        for member in object.members where !Self.local.contains(member.key) {
            try? reader.set(member.key, member.value)
        }
        self = reader.configuration
    }
}

extension Settings {
    /// A value as the file would have it; nil for none.
    static func json(_ value: Any) -> JSON? {
        switch value {
        case let span as Duration: .string("\(span.wholeMilliseconds)ms")
        case let number as Int64: .integer(number)
        case let number as Int: .integer(Int64(number))
        case let number as Double: .double(number)
        case let flag as Bool: .bool(flag)
        case let text as String: .string(text)
        case let texts as [String]: .array(texts.map(JSON.string))
        case let word as any RawRepresentable<String>: .string(word.rawValue)
        default: nil
        }
    }

    static func json<Value>(_ entries: [String: Value], _ settings: [Setting<Value>]) -> JSON? {
        if entries.isEmpty { return nil }
        let members = entries.sorted { $0.key < $1.key }.map { name, limits in
            let parts = settings.compactMap { setting in
                setting.value(limits).map { JSONObject.Member(key: setting.key, value: $0) }
            }
            return JSONObject.Member(key: name, value: .object(JSONObject(parts)))
        }
        return .object(JSONObject(members))
    }
}
