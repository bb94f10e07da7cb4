/// One thing in an input that its model's schema does not allow.
package struct Violation: Equatable, Sendable, CustomStringConvertible {
    /// Where it stands, as a JSONPath such as `$.images[2]`.
    package let path: String
    /// What is wrong there, in words that go after the path.
    package let message: String

    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    package var description: String { "\(path): \(message)" }
}
