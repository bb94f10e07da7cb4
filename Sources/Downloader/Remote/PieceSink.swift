internal import HTTP

/// Takes a piece of a file that a server sends, and ends the transfer when that is enough.
///
/// Used by one thread at a time: by its owner before and after a transfer, by the transfer thread during it.
final class PieceSink: HTTPSink, @unchecked Sendable {
    private(set) var bytes: [UInt8] = []
    /// Whether this side ended the transfer, with all that it wanted.
    private(set) var isFull = false

    private let offset: Int64
    private let length: Int
    private let most: Int
    private let isEnough: ([UInt8]) -> Bool
    private var room = 0
    private var nextLook = Int.max

    /// No format is told by less.
    private static let firstLook = 4096

    /// A server that knows ranges sends `length` bytes. Of one that sends everything, as many are taken as
    /// `isEnough` wants of the beginning, and `most` at most.
    init(at offset: Int64, length: Int, most: Int, isEnough: @escaping ([UInt8]) -> Bool) {
        self.offset = offset
        self.length = length
        self.most = most
        self.isEnough = isEnough
    }

    /// Whether the beginning that came will do, however the transfer ended.
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
