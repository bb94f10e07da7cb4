/// What is wrong with the configuration, and with which key.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    package let description: String
    package let hint: String?

    package init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }
}
