/// One option of a command: how it is written, and what it is for.
package struct Option: Sendable, Equatable {
    /// Without its dashes.
    package let name: String
    package let short: Character?
    /// How its value is called in the help; nil for a switch.
    package let value: String?
    package let help: String
    package let repeats: Bool

    package init(
        _ name: String, short: Character? = nil, value: String? = nil, repeats: Bool = false, _ help: String
    ) {
        self.name = name
        self.short = short
        self.value = value
        self.help = help
        self.repeats = repeats
    }

    package static let help = Option("help", short: "h", "what the command does, with examples")
    package static let version = Option("version", "the version")
    /// For make: the manual page with this date.
    package static let man = Option("man", value: "DATE", "the manual page")

    /// The same option with another help, for a command that means something of its own by it.
    package func saying(_ help: String) -> Option {
        Option(name, short: short, value: value, repeats: repeats, help)
    }

    /// As it stands in the help: `-q, --quiet` or `--label TEXT`.
    package var signature: String {
        let long = "--\(name)" + (value.map { " \($0)" } ?? "")
        return short.map { "-\($0), \(long)" } ?? "    \(long)"
    }
}
