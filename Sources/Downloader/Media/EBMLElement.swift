/// One element of a Matroska file.
struct EBMLElement {
    var id: UInt64
    var contents: Range<Int64>
    /// A live writer did not know the size: the element reaches to the end of what holds it, or less far.
    var isOpenEnded: Bool
    /// It names more bytes than there are.
    var isCut: Bool
}

/// The elements that stand side by side in a range of the file. Every step goes forward, so it comes to an
/// end.
struct EBMLElements: Sequence, IteratorProtocol {
    private let file: FileBytes
    private let end: Int64
    private var position: Int64

    init(_ file: FileBytes, in range: Range<Int64>) {
        self.file = file
        position = range.lowerBound
        end = range.upperBound
    }

    mutating func next() -> EBMLElement? {
        guard let (id, idLength) = number(at: position, longest: 4, keepsMarker: true),
            let (size, sizeLength) = number(at: position + idLength, longest: 8, keepsMarker: false)
        else { return nil }
        let start = position + idLength + sizeLength
        let isOpenEnded = size == 1 << (7 * UInt64(sizeLength)) - 1
        let isCut = !isOpenEnded && size > UInt64(end - start)
        position = isOpenEnded || isCut ? end : start + Int64(size)
        return EBMLElement(id: id, contents: start..<position, isOpenEnded: isOpenEnded, isCut: isCut)
    }

    /// A number whose leading zero bits say how many bytes it has.
    private func number(at place: Int64, longest: Int, keepsMarker: Bool) -> (UInt64, Int64)? {
        guard place < end, let first = file.bigEndian(at: place, 1) else { return nil }
        let length = UInt8(first).leadingZeroBitCount + 1
        guard length <= longest, Int64(length) <= end - place, let value = file.bigEndian(at: place, length)
        else {
            return nil
        }
        return (keepsMarker ? value : value & (1 << (7 * UInt64(length)) - 1), Int64(length))
    }
}
