internal import CMicroHTTPD
internal import Glibc

/// Hands out the body of one answer, piece by piece, as slowly and as incompletely as ordered.
@safe final class BodySource {
    /// A slow body goes out in so many pieces a second.
    private static let piecesPerSecond = 20

    private let answer: Answer
    private let connection: OpaquePointer
    private let parking: Parking
    private let exchange: Exchange
    private var mayGo = true

    init(_ answer: Answer, connection: OpaquePointer, parking: Parking, exchange: Exchange) {
        self.answer = answer
        unsafe self.connection = unsafe connection
        self.parking = parking
        self.exchange = exchange
    }

    /// Copies what comes at `position` of the body; the return value is one of libmicrohttpd's.
    func read(at position: Int, into buffer: UnsafeMutablePointer<CChar>, atMost room: Int) -> Int {
        let end = min(answer.part.count, answer.cutAfter ?? .max)
        guard position < end else { return answer.cutAfter == nil ? -1 : -2 }
        var count = min(room, end - position)
        if let pace = answer.bytesPerSecond {
            mayGo.toggle()
            if mayGo {
                return unsafe parking.park(connection, seconds: 1 / Double(Self.piecesPerSecond)) ? 0 : -2
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
