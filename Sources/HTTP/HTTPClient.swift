internal import System

/// Sends requests through libcurl, on one thread with one multi handle.
///
/// Connections are kept and reused, except for POSTs. Their number is limited: further requests wait.
package final class HTTPClient: Sendable {
    private let loop: TransferLoop

    /// `userAgent` is `name/version`. Proxies and certificate files come from the environment, as with curl.
    package init(
        userAgent: String, maximumConnections: Int = 128, maximumConnectionsPerHost: Int = 64
    ) throws(HTTPError) {
        loop = try TransferLoop(
            settings: TransferSettings(userAgent: userAgent, maximumConnections: maximumConnections),
            maximumConnections: maximumConnections, maximumConnectionsPerHost: maximumConnectionsPerHost)
    }

    deinit { loop.close() }

    /// The whole answer, its body in memory.
    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        try await exchange(Ticket(request, sink: nil))
    }

    /// The answer's head. The body goes to `sink` as it arrives.
    package func download(_ request: HTTPRequest, into sink: any HTTPSink) async throws(HTTPError)
        -> HTTPResponse
    {
        try await exchange(Ticket(request, sink: sink))
    }

    /// Sends requests that no task waits for. They end as cancelled with the thread, and not before.
    package func compare(_ requests: [ComparedRequest], _ receiver: AnswerReceiver) {
        loop.submit(requests.map { Ticket($0, receiver) })
    }

    /// Ends the thread. Exchanges under way end as cancelled, and so does every later request.
    package func shutdown() async {
        loop.close()
        await withCheckedContinuation { loop.whenEnded($0) }
    }

    /// Returns when the thread has completed another turn, or has ended: proof that it does not hang.
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

/// Where a download's body goes. Called on the transfer thread, one call at a time, and not after `download`
/// has returned.
package protocol HTTPSink: AnyObject, Sendable {
    /// Called once, when the final answer's headers are complete. False ends the transfer.
    func begin(_ head: HTTPResponse) -> Bool

    /// Receives some bytes of the body. False ends the transfer.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool

    /// Called last, however the transfer has ended. False: what came cannot be used.
    func finish() -> Bool
}

extension HTTPSink {
    package func finish() -> Bool { true }
}
