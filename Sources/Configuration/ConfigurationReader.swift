package import JSON
internal import Spelling

/// Makes a configuration of a file's text and of `--set`; each fault names its key.
package struct ConfigurationReader {
    package private(set) var configuration = Configuration()

    package init() {}

    /// Reads a whole file, in which comments and trailing commas may stand.
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

    /// Reads `KEY=VALUE`, where the value is JSON if it parses, else text.
    package mutating func read(assignment: String) throws(ConfigurationError) {
        guard let equals = assignment.firstIndex(of: "="), equals > assignment.startIndex else {
            throw ConfigurationError("--set takes KEY=VALUE, not \"\(assignment)\"", isUsage: true)
        }
        let text = String(assignment[assignment.index(after: equals)...])
        try set(String(assignment[..<equals]), (try? JSON(parsing: text, .strict)) ?? .string(text))
    }

    /// Sets one key, dotted or with an object of its parts.
    package mutating func set(_ key: String, _ value: JSON) throws(ConfigurationError) {
        if let setting = Settings.all.first(where: { $0.key == key }) {
            return try Self.apply(setting, value, to: &configuration, as: key)
        }
        if key == "models" || key.hasPrefix("models.") { return try setModels(key, value) }
        if Settings.all.contains(where: { $0.key.hasPrefix(key + ".") }) {
            guard let parts = value.object else { throw ConfigurationError("\(key) must be a JSON object") }
            for part in parts.members { try set("\(key).\(part.key)", part.value) }
            return
        }
        throw Self.unknown(key, key, among: Settings.all.map(\.key) + ["models"])
    }

    private static func unknown(_ key: String, _ typed: String, among known: [String]) -> ConfigurationError {
        let hint =
            if let near = Suggestion.nearest(to: typed, among: known) {
                "did you mean \"\(near)\"?"
            } else if let nearest = Suggestion.nearest(to: typed, among: known, howeverFar: true) {
                "the nearest known key is \"\(nearest)\"; docs/configuration.md lists them all"
            } else {
                "docs/configuration.md lists the keys"
            }
        return ConfigurationError("unknown key \"\(key)\"", hint: hint)
    }

    private mutating func setModels(_ key: String, _ value: JSON) throws(ConfigurationError) {
        if key == "models" {
            guard let models = value.object else { throw ConfigurationError("models must be a JSON object") }
            for member in models.members { try setModel(member.key, member.value) }
            return
        }
        // A model's id may hold dots; the names of its limits hold none.
        let path = key.dropFirst("models.".count)
        if let dot = path.lastIndex(of: "."), value.object == nil {
            let part = String(path[path.index(after: dot)...])
            return try setModel(String(path[..<dot]), .object(JSONObject([.init(key: part, value: value)])))
        }
        try setModel(String(path), value)
    }

    private mutating func setModel(_ model: String, _ value: JSON) throws(ConfigurationError) {
        guard let parts = value.object else {
            throw ConfigurationError("models.\(model) must be a JSON object")
        }
        guard !model.isEmpty, !model.dropLast().contains("*") else {
            throw ConfigurationError("models.\(model): a * stands for the rest of an id, at its end")
        }
        var limits = configuration.models[model] ?? Configuration.ModelLimits()
        for part in parts.members {
            let key = "models.\(model).\(part.key)"
            guard let setting = Settings.ofModel.first(where: { $0.key == part.key }) else {
                throw Self.unknown(key, part.key, among: Settings.ofModel.map(\.key))
            }
            try Self.apply(setting, part.value, to: &limits, as: key)
        }
        configuration.models[model] = limits
    }

    /// What only the whole can say.
    package func finished() throws(ConfigurationError) -> Configuration {
        if configuration.pollMin > configuration.pollMax {
            throw ConfigurationError("poll.min must not be longer than poll.max")
        }
        if configuration.retryMin > configuration.retryMax {
            throw ConfigurationError("retry.min must not be longer than retry.max")
        }
        return configuration
    }

    private static func apply<Root>(
        _ setting: Setting<Root>, _ value: JSON, to root: inout Root, as key: String
    ) throws(ConfigurationError) {
        do throws(SettingFault) { try setting.set(&root, value) } catch {
            let text = value.text
            let excerpt = text.count > 60 ? text.prefix(60) + "…" : text
            throw ConfigurationError("\(key) must be \(error.expectation), not \(excerpt)")
        }
    }
}
