/// What is wrong with the configuration, and with which key.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    package let description: String
    package let hint: String?
    /// The command line is wrong, not what it says.
    package let isUsage: Bool

    package init(_ description: String, hint: String? = nil, isUsage: Bool = false) {
        self.description = description
        self.hint = hint
        self.isUsage = isUsage
    }
}
