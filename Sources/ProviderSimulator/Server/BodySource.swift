internal import CMicroHTTPD
internal import Glibc

/// Hands out the body of one answer piece by piece, as slowly and as incompletely as the faults ask for.
@safe final class BodySource {
    /// How many pieces of a slow body are sent in a second.
    private static let piecesPerSecond = 20

    private let answer: Answer
    private let connection: OpaquePointer
    private let suspended: SuspendedConnections
    private let exchange: Exchange
    private var maySend = true

    init(_ answer: Answer, connection: OpaquePointer, suspended: SuspendedConnections, exchange: Exchange) {
        self.answer = answer
        unsafe self.connection = unsafe connection
        self.suspended = suspended
        self.exchange = exchange
    }

    /// Copies the bytes at `position` of the body; the return value is one of libmicrohttpd's.
    func read(at position: Int, into buffer: UnsafeMutablePointer<CChar>, atMost room: Int) -> Int {
        let end = min(answer.part.count, answer.cutAfter ?? .max)
        guard position < end else { return answer.cutAfter == nil ? -1 : -2 }
        var count = min(room, end - position)
        if let pace = answer.bytesPerSecond {
            maySend.toggle()
            if maySend {
                let seconds = 1 / Double(Self.piecesPerSecond)
                return unsafe suspended.suspend(connection, until: .after(seconds: seconds)) ? 0 : -2
            }
            count = min(count, max(1, pace / Self.piecesPerSecond))
        }
        let start = answer.part.lowerBound + position
        unsafe answer.bytes.withUnsafeBytes { bytes in
            guard let source = bytes.baseAddress else { return }
            unsafe memcpy(buffer, source + start, count)
        }
        exchange.bytesSent += count
        return count
    }
}
