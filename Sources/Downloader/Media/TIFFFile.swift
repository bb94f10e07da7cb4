/// A picture is whole where every directory, and every piece of a picture that one of them names, is in the
/// file.
enum TIFFFile: MediaReader {
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        let directory = TIFFDirectory(file, base: 0)
        guard let first = directory.first, let width = directory.value(256, at: first),
            let height = directory.value(257, at: first)
        else { return }
        facts.setSize((width, height))
    }

    static func wholeness(of file: FileBytes) -> Wholeness {
        let directory = TIFFDirectory(file, base: 0)
        var place = directory.first
        // Directories that name each other come round again.
        for _ in 0..<64 {
            guard let here = place, let count = directory.number(here, 2),
                let next = directory.number(here + 2 + Int64(count) * 12, 4)
            else { return .cut }
            if directory.end(of: here) ?? .max > UInt64(file.size) { return .cut }
            for (offsets, lengths) in [(273, 279), (324, 325)] as [(UInt64, UInt64)] {
                if !hasPieces(file, directory, here, offsets, lengths) { return .cut }
            }
            if next == 0 { return .whole }
            place = Int64(next)
        }
        return .unknown
    }

    private static func hasPieces(
        _ file: FileBytes, _ directory: TIFFDirectory, _ place: Int64, _ offsets: UInt64, _ lengths: UInt64
    ) -> Bool {
        guard let starts = directory.entry(offsets, at: place),
            let sizes = directory.entry(lengths, at: place)
        else { return true }
        guard let starts = directory.values(of: starts), let sizes = directory.values(of: sizes) else {
            return false
        }
        return zip(starts, sizes).allSatisfy { $0 + $1 <= UInt64(file.size) }
    }
}

/// Lists of numbered entries, as TIFF has them, and others after it.
struct TIFFDirectory {
    private let file: FileBytes
    private let base: Int64
    private let isLittle: Bool

    struct Entry {
        var offset: Int64
        var count: UInt64
        /// How many bytes one value has.
        var width: Int64
    }

    init(_ file: FileBytes, base: Int64) {
        self.file = file
        self.base = base
        isLittle = file.bigEndian(at: base, 1) == 0x49
    }

    /// The place of the first directory.
    var first: Int64? { number(base + 4, 4).map { base + Int64($0) } }

    func number(_ place: Int64, _ count: Int) -> UInt64? {
        isLittle ? file.littleEndian(at: place, count) : file.bigEndian(at: place, count)
    }

    /// Where the values of a tag are: in the entry itself where they fit.
    func entry(_ tag: UInt64, at place: Int64) -> Entry? {
        guard let entries = number(place, 2), entries <= 4096 else { return nil }
        for index in 0..<Int64(entries) where number(place + 2 + index * 12, 2) == tag {
            return entry(at: place + 2 + index * 12)
        }
        return nil
    }

    /// Where the last of a directory's values ends; nil where not all of its entries are here.
    func end(of place: Int64) -> UInt64? {
        guard let entries = number(place, 2), entries <= 4096 else { return nil }
        var end: UInt64 = 0
        for index in 0..<Int64(entries) {
            guard let entry = entry(at: place + 2 + index * 12) else { return nil }
            end = max(end, UInt64(entry.offset) + entry.count * UInt64(entry.width))
        }
        return end
    }

    private func entry(at here: Int64) -> Entry? {
        // A type that is not listed has values of a byte.
        let widths: [Int64] = [1, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8]
        guard let type = number(here + 2, 2), let count = number(here + 4, 4) else { return nil }
        let width = type < 13 ? widths[Int(type)] : 1
        if Int64(count) * width <= 4 { return Entry(offset: here + 8, count: count, width: width) }
        return number(here + 8, 4).map { Entry(offset: base + Int64($0), count: count, width: width) }
    }

    /// Read at once: two lists are walked side by side, and each step from one to the other would be a read.
    func values(of entry: Entry) -> [UInt64]? {
        let width = Int(entry.width)
        guard entry.count <= 1 << 18,
            let bytes = file.bytes(at: entry.offset, count: Int(entry.count) * width)
        else { return nil }
        return stride(from: bytes.startIndex, to: bytes.endIndex, by: width).map { start in
            let value = bytes[start..<start + width]
            return isLittle
                ? value.reversed().reduce(0) { $0 << 8 | UInt64($1) }
                : value.reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    func value(_ tag: UInt64, at place: Int64) -> UInt64? {
        entry(tag, at: place).flatMap { number($0.offset, Int($0.width)) }
    }
}
