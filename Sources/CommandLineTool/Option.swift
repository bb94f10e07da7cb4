/// One option of a command: how it is written, and what it does.
package struct Option: Sendable, Equatable {
    /// Without its dashes.
    package let name: String
    package let short: Character?
    /// The name of its value in the help; nil for a switch.
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
    package static let completion = Option(
        "completion", value: "SHELL", "print a completion script for bash, zsh or fish")
    /// For the Makefile: prints the manual page with this date.
    package static let man = Option("man", value: "DATE", "the manual page")

    /// The same option with a different help text, for a command that gives it a special meaning.
    package func saying(_ help: String) -> Option {
        Option(name, short: short, value: value, repeats: repeats, help)
    }

    /// As shown in the help: `-q, --quiet` or `--label TEXT`.
    package var signature: String {
        let long = "--\(name)" + (value.map { " \($0)" } ?? "")
        return short.map { "-\($0), \(long)" } ?? "    \(long)"
    }
}
