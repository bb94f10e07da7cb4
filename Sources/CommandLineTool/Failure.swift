/// Why a program ends early: what to print, and what to end with.
package struct Failure: Error, Equatable, Sendable {
    package var code: ExitCode
    /// Lower case, without a full stop. Further lines are details.
    package var message: String
    /// What to type next.
    package var hint: String?

    package init(_ code: ExitCode, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    package static func usage(_ message: String, hint: String? = nil) -> Failure {
        Failure(.usage, message, hint: hint)
    }
}
