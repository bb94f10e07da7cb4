/// One chunk of a file: a box of MP4, an element of Matroska, a chunk of RIFF, AIFF or PNG.
struct Chunk {
    var name: Name
    var contents: Range<Int64>
    /// It names no size: it reaches to the end of what holds it, or less far.
    var isOpenEnded: Bool
    /// It names more bytes than what holds it has left.
    var isCut: Bool

    /// The bytes of the name, read as one number.
    struct Name: Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        let number: UInt64

        init(integerLiteral number: UInt64) { self.number = number }
        init(stringLiteral text: String) { number = text.utf8.reduce(0) { $0 << 8 | UInt64($1) } }
    }
}

/// The chunks that lie side by side in a range of a file. Every step moves forward, so the sequence ends.
struct Chunks: Sequence, IteratorProtocol {
    enum Format { case iso, matroska, riff, aiff, png }

    /// `size` is that of the contents; nil if the chunk names none.
    private typealias Header = (name: UInt64, length: Int64, size: UInt64?)

    private let format: Format
    private let file: FileBytes
    private let end: Int64
    /// Where the next chunk starts; `end` once the chunks have filled the range.
    private(set) var position: Int64

    fileprivate init(_ format: Format, _ file: FileBytes, _ range: Range<Int64>) {
        (self.format, self.file) = (format, file)
        (position, end) = (range.lowerBound, range.upperBound)
    }

    mutating func next() -> Chunk? {
        guard position < end, let header = header(), header.length <= end - position else { return nil }
        let start = position + header.length
        let room = UInt64(end - start)
        let isCut = header.size ?? 0 > room
        let contents = start..<start + Int64(isCut ? room : header.size ?? room)
        position = Swift.min(end, contents.upperBound + padding(behind: contents))
        return Chunk(
            name: Chunk.Name(integerLiteral: header.name), contents: contents,
            isOpenEnded: header.size == nil, isCut: isCut)
    }

    private func header() -> Header? {
        func word(_ offset: Int64) -> UInt64? { file.bigEndian(at: position + offset, 4) }
        guard format != .matroska else { return matroskaHeader() }
        // What is behind the parent is not read.
        guard end - position >= 8, let first = word(0), let second = word(4) else { return nil }
        switch format {
        case .iso where first == 0: return (second, 8, nil)
        case .iso where first == 1:
            guard end - position >= 16, let size = file.bigEndian(at: position + 8, 8), size >= 16 else {
                return nil
            }
            return (second, 16, size - 16)
        case .iso: return first >= 8 ? (second, 8, first - 8) : nil
        case .riff: return (first, 8, UInt64(UInt32(truncatingIfNeeded: second).byteSwapped))
        case .aiff: return (first, 8, second)
        case .png, .matroska: return (second, 8, first)
        }
    }

    private func matroskaHeader() -> Header? {
        guard let name = variableNumber(at: position, longest: 4),
            let size = variableNumber(at: position + name.length, longest: 8)
        else { return nil }
        // The name keeps the bit that tells its length, the size does not.
        let most = UInt64(1) << (7 * UInt64(size.length)) - 1
        let bytes = size.value & most
        return (name.value, name.length + size.length, bytes == most ? nil : bytes)
    }

    /// A number whose leading zero bits say how many bytes it has.
    private func variableNumber(at position: Int64, longest: Int) -> (value: UInt64, length: Int64)? {
        guard let first = file.bigEndian(at: position, 1) else { return nil }
        let length = UInt8(first).leadingZeroBitCount + 1
        guard length <= longest, let value = file.bigEndian(at: position, length) else { return nil }
        return (value, Int64(length))
    }

    /// A checksum, or the byte that makes the length even.
    private func padding(behind contents: Range<Int64>) -> Int64 {
        switch format {
        case .iso, .matroska: 0
        case .riff, .aiff: Int64(contents.count & 1)
        case .png: 4
        }
    }
}

extension FileBytes {
    func chunks(_ format: Chunks.Format, from start: Int64 = 0) -> Chunks {
        chunks(format, in: start..<max(start, size))
    }

    func chunks(_ format: Chunks.Format, in range: Range<Int64>) -> Chunks { Chunks(format, self, range) }
}
