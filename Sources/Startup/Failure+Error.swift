package import CommandLineTool
internal import JobStore

extension Failure {
    /// The message and the exit code for any error.
    package init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as StoreError:
            let code = ExitCode(rawValue: error.exitCode) ?? .bug
            self.init(code, SafeText.escape("\(error)"), hint: error.hint)
        default:
            let message = SafeText.escape("unexpected: \(error)")
            self.init(.bug, message, hint: "please report this as a bug")
        }
    }
}
