internal import System

/// Sends requests through libcurl, on one thread with one multi handle.
///
/// Connections are kept and reused, but for POSTs, and bounded in number: requests past the bound wait their
/// turn.
package final class HTTPClient: Sendable {
    private let loop: TransferLoop

    /// `userAgent` is `name/version`. Proxies and certificate files come from the environment, as curl takes
    /// them.
    package init(
        userAgent: String, maximumConnections: Int = 128, maximumConnectionsPerHost: Int = 64
    ) throws(HTTPError) {
        loop = try TransferLoop(
            settings: TransferSettings(userAgent: userAgent), maximumConnections: maximumConnections,
            maximumConnectionsPerHost: maximumConnectionsPerHost)
    }

    deinit { loop.close() }

    /// The whole answer, its body in memory.
    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        try await exchange(Ticket(request, sink: nil))
    }

    /// The answer's head; its body goes to `sink` as it comes.
    package func download(_ request: HTTPRequest, into sink: any HTTPSink) async throws(HTTPError)
        -> HTTPResponse
    {
        try await exchange(Ticket(request, sink: sink))
    }

    /// Ends the thread. What is still under way ends as cancelled, and so does every later request.
    package func shutdown() async {
        loop.close()
        await withCheckedContinuation { loop.whenEnded($0) }
    }

    /// Returns when the thread has come round once more, or has ended: the proof that it does not hang.
    package func answer() async { await withCheckedContinuation { loop.ask($0) } }

    private func exchange(_ ticket: Ticket) async throws(HTTPError) -> HTTPResponse {
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                ticket.continuation = continuation
                loop.submit(ticket)
            }
        } onCancel: {
            loop.cancel(ticket)
        }
        _ = ticket.handover.withLock { $0 }
        return try outcome.get()
    }
}
