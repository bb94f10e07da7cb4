/// Why there is no whole answer. Tells apart what can have reached the server from what cannot.
package enum HTTPError: Error, Equatable, Sendable {
    /// The request cannot be sent as it stands: its URL, or a header.
    case badRequest(String)
    /// No byte of the request left: no address, no connection, no handshake, no way through the proxy.
    case neverConnected(String)
    /// The name stands for an address that is not public.
    case refusedAddress(String)
    /// The request may have left, and no whole answer came. What did come is kept.
    case noAnswer(String, partial: HTTPResponse?)
    /// An answer came whose body is longer than the request allows. Its beginning is kept.
    case bodyTooLarge(HTTPResponse)
    /// The sink wanted no more. The sink knows why; the answer's head is here.
    case sinkFailed(HTTPResponse)
    /// It dripped, and gave way to others as the request allows.
    case gaveWay
    /// The caller's task was cancelled, or the client shut down. The request may have left.
    case cancelled
    /// The client could not be made, as when file descriptors have run out.
    case unavailable(String)
}

extension HTTPError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badRequest(let reason): "cannot be sent: \(reason)"
        case .neverConnected(let reason): "no connection: \(reason)"
        case .refusedAddress(let address): "the address \(address) is not a public one"
        case .noAnswer(let reason, _): "no whole answer: \(reason)"
        case .bodyTooLarge: "the answer is too long"
        case .sinkFailed: "the body could not be kept"
        case .gaveWay: "less than 1 kB/s came, and others wanted the place"
        case .cancelled: "cancelled"
        case .unavailable(let reason): "cannot start: \(reason)"
        }
    }
}
