/// One box of an ISO media file.
struct ISOBox {
    var type: String
    var contents: Range<Int64>
    /// It names no size: it reaches to the end of what holds it.
    var isOpenEnded: Bool
    /// It names more bytes than there are.
    var isCut: Bool
}

/// The boxes that stand side by side in a range of the file. Every step goes forward, so it comes to an end.
struct ISOBoxes: Sequence, IteratorProtocol {
    private let file: FileBytes
    private let end: Int64
    /// Where the next box starts; `end` once the boxes have filled the range without a rest.
    private(set) var position: Int64

    init(_ file: FileBytes, in range: Range<Int64>) {
        self.file = file
        position = range.lowerBound
        end = range.upperBound
    }

    mutating func next() -> ISOBox? {
        let left = end - position
        guard left >= 8, let shortSize = file.bigEndian(at: position, 4),
            let name = file.bytes(at: position + 4, count: 4)
        else { return nil }
        let type = String(decoding: name, as: UTF8.self)
        var size = shortSize
        var header: Int64 = 8
        if shortSize == 1 {
            guard left >= 16, let longSize = file.bigEndian(at: position + 8, 8) else { return nil }
            size = longSize
            header = 16
        } else if shortSize == 0 {
            size = UInt64(left)
        }
        guard size >= UInt64(header) else { return nil }
        let start = position
        let isCut = size > UInt64(left)
        position = isCut ? end : start + Int64(size)
        return ISOBox(
            type: type, contents: start + header..<position, isOpenEnded: shortSize == 0, isCut: isCut)
    }
}
