internal import HTTP

/// Receives a piece of a file from a server, and ends the transfer when that is enough.
///
/// The transfer thread uses it during a transfer, its owner before and after.
final class PieceSink: HTTPSink, @unchecked Sendable {
    private(set) var bytes: [UInt8] = []
    /// Whether this side ended the transfer because it had all it wanted.
    private(set) var isFull = false

    private let offset: Int64
    private let length: Int
    private let most: Int
    private let isEnough: ([UInt8]) -> Bool
    private var room = 0
    private var nextLook = Int.max

    /// Fewer bytes may not identify a format.
    private static let firstLook = 4096

    /// A server that supports ranges sends `length` bytes. From one that sends everything, bytes are read
    /// until `isEnough` says so, up to `most`.
    init(at offset: Int64, length: Int, most: Int, isEnough: @escaping ([UInt8]) -> Bool) {
        self.offset = offset
        self.length = length
        self.most = most
        self.isEnough = isEnough
    }

    /// Whether the beginning is enough, however the transfer ended.
    var hasEnough: Bool { offset == 0 && isEnough(bytes) }

    func begin(_ head: HTTPResponse) -> Bool {
        switch head.status {
        case 206 where ContentRange(head.headers["content-range"])?.start == offset:
            room = min(length, most)
            return true
        case _ where head.isWholeFile && offset == 0:
            room = most
            nextLook = Self.firstLook
            return true
        default: return false
        }
    }

    func write(_ part: UnsafeRawBufferPointer) -> Bool {
        let taken = min(part.count, room - bytes.count)
        unsafe bytes.append(contentsOf: part.prefix(taken))
        if bytes.count >= nextLook {
            while nextLook <= bytes.count { nextLook *= 2 }
            isFull = isEnough(bytes)
        }
        if taken < part.count { isFull = true }
        return !isFull
    }
}
