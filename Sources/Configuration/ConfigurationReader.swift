package import JSON
internal import Spelling

/// What is wrong with the configuration, and with which key.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    package let description: String
    package let hint: String?
    /// Whether the command line itself is malformed, rather than a value in it.
    package let isUsage: Bool

    package init(_ description: String, hint: String? = nil, isUsage: Bool = false) {
        self.description = description
        self.hint = hint
        self.isUsage = isUsage
    }
}

/// Builds a configuration from the text of a file and from `--set`. Each error names its key.
package struct ConfigurationReader {
    package private(set) var configuration = Configuration()

    package init() {}

    /// Reads a whole file, which may contain comments and trailing commas.
    package mutating func read(file text: [UInt8]) throws(ConfigurationError) {
        let document: JSON
        do throws(JSONError) { document = try JSON(parsing: text, .configuration) } catch {
            throw ConfigurationError("the configuration is malformed JSON: \(error)")
        }
        guard let object = document.object else {
            throw ConfigurationError("the configuration must be a JSON object")
        }
        for member in object.members { try set(member.key, member.value) }
    }

    /// Reads `KEY=VALUE`. A value that is not JSON is text.
    package mutating func read(assignment: String) throws(ConfigurationError) {
        guard let equals = assignment.firstIndex(of: "="), equals > assignment.startIndex else {
            throw ConfigurationError("--set takes KEY=VALUE, not \"\(assignment)\"", isUsage: true)
        }
        let text = String(assignment[assignment.index(after: equals)...])
        try set(String(assignment[..<equals]), (try? JSON(parsing: text, .strict)) ?? .string(text))
    }

    /// Sets one key. Of a dotted key, the first part may also be set to an object.
    package mutating func set(_ key: String, _ value: JSON) throws(ConfigurationError) {
        if let setting = Settings.all.first(where: { $0.key == key }) {
            return try setting.set(&configuration, value, key)
        }
        if let entry = key.dropping("models.") {
            return try configuration.models.set("models", path: entry, value, Settings.ofModel)
        }
        if let entry = key.dropping("budget.labels.") {
            return try configuration.labelBudgets.set("budget.labels", path: entry, value, Settings.ofLabel)
        }
        if Settings.all.contains(where: { $0.key.hasPrefix(key + ".") }) {
            guard let parts = value.object else { throw ConfigurationError("\(key) must be a JSON object") }
            for part in parts.members { try set("\(key).\(part.key)", part.value) }
            return
        }
        throw .unknown(key, among: Settings.all.map(\.key))
    }

    /// The configuration, checked for what more than one key decides.
    package func finished() throws(ConfigurationError) -> Configuration {
        if configuration.pollMin > configuration.pollMax {
            throw ConfigurationError("poll.min must not be longer than poll.max")
        }
        if configuration.retryMin > configuration.retryMax {
            throw ConfigurationError("retry.min must not be longer than retry.max")
        }
        if configuration.storage.url == nil {
            let isNeeded = [
                ("storage.outputs", configuration.storage.outputs != .none),
                ("inputs.via=storage", configuration.inputsVia == .storage),
            ]
            for (key, needsStorage) in isNeeded where needsStorage {
                throw ConfigurationError(
                    "\(key) needs storage.url",
                    hint: "set storage.url to s3://BUCKET or s3://BUCKET/PREFIX")
            }
        }
        return configuration
    }
}

/// Limits by the name of an entry: `models` and `budget.labels`.
extension Dictionary where Key == String, Value: Settable {
    /// Sets what the object gives for an entry, and keeps the rest.
    mutating func set(
        _ key: String, _ entry: String, _ value: JSON, _ settings: [Setting<Value>]
    ) throws(ConfigurationError) {
        guard let parts = value.object else {
            throw ConfigurationError("\(key).\(entry) must be a JSON object")
        }
        guard !entry.isEmpty, !entry.dropLast().contains("*") else {
            throw ConfigurationError("\(key).\(entry): a * may only be the last character")
        }
        var limits = self[entry] ?? Value()
        for part in parts.members {
            let name = "\(key).\(entry).\(part.key)"
            guard let setting = settings.first(where: { $0.key == part.key }) else {
                throw .unknown(name, part.key, among: settings.map(\.key))
            }
            try setting.set(&limits, part.value, name)
        }
        self[entry] = limits
    }

    /// The same for `ENTRY.LIMIT`, or `ENTRY` with an object. The name of an entry may contain dots; the keys
    /// of its limits contain none.
    mutating func set(
        _ key: String, path: Substring, _ value: JSON, _ settings: [Setting<Value>]
    ) throws(ConfigurationError) {
        if let dot = path.lastIndex(of: "."), value.object == nil {
            let limit = String(path[path.index(after: dot)...])
            try set(key, String(path[..<dot]), .object([limit: value]), settings)
        } else {
            try set(key, String(path), value, settings)
        }
    }
}

extension String {
    /// What follows `prefix`; nil if the text does not begin so.
    fileprivate func dropping(_ prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}

extension ConfigurationError {
    /// - Parameter typed: the part of `key` that is unknown, if not all of it.
    fileprivate static func unknown(_ key: String, _ typed: String? = nil, among known: [String]) -> Self {
        let typed = typed ?? key
        let hint =
            if let near = Suggestion.nearest(to: typed, among: known) {
                "did you mean \"\(near)\"?"
            } else if let nearest = Suggestion.nearest(to: typed, among: known, howeverFar: true) {
                "the nearest known key is \"\(nearest)\"; docs/configuration.md lists all keys"
            } else {
                "docs/configuration.md lists the keys"
            }
        return ConfigurationError("unknown key \"\(key)\"", hint: hint)
    }
}
