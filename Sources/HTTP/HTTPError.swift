/// Why there is no complete answer. Separates what may have reached the server from what cannot have.
package enum HTTPError: Error, Equatable, Sendable {
    /// The request cannot be sent, because of its URL, a header or its file.
    case badRequest(String)
    /// No byte of the request left: there was no address, connection, handshake, or way through the proxy.
    case neverConnected(String)
    /// The name resolves to an address that is not public.
    case refusedAddress(String)
    /// The caller did not let it leave.
    case withheld
    /// The request may have left, and the answer is not complete. What was received is kept.
    case noAnswer(String, partial: HTTPResponse?)
    /// The answer's body is longer than the request allows. Its beginning is kept.
    case bodyTooLarge(HTTPResponse)
    /// The sink ended the transfer, and knows why. The answer's head is here.
    case sinkFailed(HTTPResponse)
    /// It dripped, and gave way to others as the request allows.
    case gaveWay
    /// The caller's task was cancelled, or the client was shut down. The request may have left.
    case cancelled
    /// The client could not be created, for example without free file descriptors.
    case unavailable(String)
}

extension HTTPError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badRequest(let reason): "cannot be sent: \(reason)"
        case .neverConnected(let reason): "no connection: \(reason)"
        case .refusedAddress(let address): "the address \(address) is not public"
        case .withheld: "not sent: the right to send had ended"
        case .noAnswer(let reason, _): "no complete answer: \(reason)"
        case .bodyTooLarge: "the answer is too long"
        case .sinkFailed: "the body could not be stored"
        case .gaveWay: "it received less than 1 kB/s while others were waiting"
        case .cancelled: "cancelled"
        case .unavailable(let reason): "cannot start: \(reason)"
        }
    }
}
