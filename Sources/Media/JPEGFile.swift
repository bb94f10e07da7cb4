enum JPEGFile: MediaReader {
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        var segments = Segments(file)
        while let segment = segments.next() {
            // Every start of frame, that of JPEG-LS included. DHT, JPG and DAC are in the same range.
            let isFrame =
                (0xC0...0xCF).contains(segment.marker) && ![0xC4, 0xC8, 0xCC].contains(segment.marker)
            guard isFrame || segment.marker == 0xF7 else { continue }
            guard let height = file.bigEndian(at: segment.contents + 1, 2),
                let width = file.bigEndian(at: segment.contents + 3, 2)
            else { return }
            return facts.setSize((width, height))
        }
    }

    /// An end of image after the start of the scan, followed only by padding. If anything else follows, such
    /// as a second picture, nobody knows how long it should be.
    static func wholeness(of file: FileBytes) -> Wholeness {
        var segments = Segments(file)
        var isIndexed = false
        while let segment = segments.next() {
            isIndexed =
                isIndexed
                || segment.marker == 0xE2 && file.bytes(at: segment.contents, count: 4) == Self.indexName
            guard segment.marker == 0xDA else { continue }
            let mark: [UInt8] = [0xFF, 0xD9]
            guard file.tail(65_536, from: segment.contents, contains: mark) else { return .cut }
            if isIndexed { return .unknown }
            let tail = file.tail(4096)
            let last = tail.lastIndex { $0 != 0 && $0 != 0x0A && $0 != 0x0D } ?? tail.endIndex - 1
            return tail[...last].suffix(2).elementsEqual(mark) ? .whole : .unknown
        }
        return .cut
    }

    /// The index of several pictures in one file (Multi-Picture Format).
    private static let indexName = ArraySlice("MPF\0".utf8)

    /// Walks from marker to marker up to the first scan. Like decoders, it skips what is between segments.
    private struct Segments {
        private let file: FileBytes
        private var position: Int64? = 2
        private var junkLeft = 1 << 16

        init(_ file: FileBytes) { self.file = file }

        mutating func next() -> (marker: UInt8, contents: Int64)? {
            guard var offset = position else { return nil }
            position = nil
            var last: UInt64 = 0
            while let byte = file.bigEndian(at: offset, 1) {
                // Any number of 0xFF may precede a marker, and 0xFF 0x00 is not a marker.
                if last == 0xFF, byte != 0xFF, byte != 0 { return segment(UInt8(byte), offset + 1) }
                junkLeft -= 1
                if junkLeft < 0 { return nil }
                last = byte
                offset += 1
            }
            return nil
        }

        private mutating func segment(_ marker: UInt8, _ start: Int64) -> (marker: UInt8, contents: Int64)? {
            if marker == 0xD9 { return nil }
            // These have no contents.
            if marker == 0x01 || (0xD0...0xD8).contains(marker) {
                position = start
                return (marker, start)
            }
            guard let length = file.bigEndian(at: start, 2), length >= 2 else { return nil }
            position = marker == 0xDA ? nil : start + Int64(length)
            return (marker, start + 2)
        }
    }
}
