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
        if key.hasPrefix("models.") { return try setModel(key.dropFirst("models.".count), value) }
        if Settings.all.contains(where: { $0.key.hasPrefix(key + ".") }) {
            guard let parts = value.object else { throw ConfigurationError("\(key) must be a JSON object") }
            for part in parts.members { try set("\(key).\(part.key)", part.value) }
            return
        }
        throw .unknown(key, among: Settings.all.map(\.key))
    }

    private mutating func setModel(_ path: Substring, _ value: JSON) throws(ConfigurationError) {
        // A model's id may contain dots; the keys of its limits contain none.
        if let dot = path.lastIndex(of: "."), value.object == nil {
            let limit = String(path[path.index(after: dot)...])
            try configuration.setLimits(of: String(path[..<dot]), .object([limit: value]))
        } else {
            try configuration.setLimits(of: String(path), value)
        }
    }

    /// The configuration, checked for what more than one key decides.
    package func finished() throws(ConfigurationError) -> Configuration {
        if configuration.pollMin > configuration.pollMax {
            throw ConfigurationError("poll.min must not be longer than poll.max")
        }
        if configuration.retryMin > configuration.retryMax {
            throw ConfigurationError("retry.min must not be longer than retry.max")
        }
        if configuration.storage.outputs != .none, configuration.storage.url == nil {
            throw ConfigurationError(
                "storage.outputs needs storage.url",
                hint: "set storage.url to s3://BUCKET or s3://BUCKET/PREFIX")
        }
        return configuration
    }
}

extension Configuration {
    /// Sets the limits that the object gives for a model, and keeps the others.
    mutating func setLimits(of model: String, _ value: JSON) throws(ConfigurationError) {
        guard let parts = value.object else {
            throw ConfigurationError("models.\(model) must be a JSON object")
        }
        guard !model.isEmpty, !model.dropLast().contains("*") else {
            throw ConfigurationError("models.\(model): a * may only be the last character")
        }
        var limits = models[model] ?? ModelLimits()
        for part in parts.members {
            let name = "models.\(model).\(part.key)"
            guard let setting = Settings.ofModel.first(where: { $0.key == part.key }) else {
                throw .unknown(name, part.key, among: Settings.ofModel.map(\.key))
            }
            try setting.set(&limits, part.value, name)
        }
        models[model] = limits
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
