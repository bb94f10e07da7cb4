/// The calls that a job's life needs. `RunComfyClient` makes them.
package protocol RemoteService: Sendable {
    /// Sends a job's input, once. Costs money.
    func submit(model: String, input: String) async -> SubmitAnswer
    func status(of requestID: String) async throws(CancellationError) -> StatusAnswer
    func result(of requestID: String, model: String?) async throws(CancellationError) -> ResultAnswer
    func cancel(_ requestID: String) async throws(CancellationError) -> CancelAnswer
}
