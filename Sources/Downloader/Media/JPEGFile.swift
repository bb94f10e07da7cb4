enum JPEGFile: MediaReader {
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        var segments = Segments(file)
        while let segment = segments.next() {
            // Every start of frame but DHT, JPG and DAC, which share their range of numbers; and JPEG-LS's.
            let isFrame =
                (0xC0...0xCF).contains(segment.marker) && ![0xC4, 0xC8, 0xCC].contains(segment.marker)
            guard isFrame || segment.marker == 0xF7 else { continue }
            guard let height = file.bigEndian(at: segment.contents + 1, 2),
                let width = file.bigEndian(at: segment.contents + 3, 2)
            else { return }
            return facts.setSize((width, height))
        }
    }

    /// An end of image behind the start of the scan, with nothing but padding behind it; and the pictures
    /// that an index names. Of anything else behind the end nobody knows how long it should be.
    static func wholeness(of file: FileBytes) -> Wholeness {
        var segments = Segments(file)
        var end: Int64 = 0
        while let segment = segments.next() {
            if segment.marker == 0xE2 { end = max(end, pictureIndexEnd(file, segment.contents)) }
            guard segment.marker == 0xDA else { continue }
            if end > file.size { return .cut }
            let mark: [UInt8] = [0xFF, 0xD9]
            guard file.tail(65_536, from: max(segment.contents, end - 2), contains: mark) else {
                return .cut
            }
            let tail = file.tail(4096)
            let last = tail.lastIndex { $0 != 0 && $0 != 0x0A && $0 != 0x0D } ?? tail.endIndex - 1
            return tail[...last].suffix(2).elementsEqual(mark) ? .whole : .unknown
        }
        return .cut
    }

    /// Where the last of several pictures ends, as a Multi-Picture Format index says; 0 where this is none.
    private static func pictureIndexEnd(_ file: FileBytes, _ contents: Int64) -> Int64 {
        guard file.bytes(at: contents, count: 4)?.elementsEqual("MPF\0".utf8) == true else { return 0 }
        let base = contents + 4
        let index = TIFFDirectory(file, base: base)
        guard let place = index.first.flatMap({ index.entry(0xB002, at: $0) }), place.count <= 0xFFFF else {
            return 0
        }
        return stride(from: place.offset, to: place.offset + Int64(place.count), by: 16).reduce(0) {
            end, at in
            guard let length = index.number(at + 4, 4), let offset = index.number(at + 8, 4) else {
                return end
            }
            // The first picture's place is the file's start.
            return max(end, (offset == 0 ? 0 : base) + Int64(offset) + Int64(length))
        }
    }

    /// Walks from marker to marker as far as the first scan. As decoders do, it passes over what stands
    /// between segments.
    private struct Segments {
        private let file: FileBytes
        private var position: Int64? = 2
        private var junkLeft = 1 << 16

        init(_ file: FileBytes) { self.file = file }

        mutating func next() -> (marker: UInt8, contents: Int64)? {
            guard var place = position else { return nil }
            position = nil
            var last: UInt64 = 0
            while let byte = file.bigEndian(at: place, 1) {
                // Any number of 0xFF may stand before a marker, and 0xFF 0x00 is none.
                if last == 0xFF, byte != 0xFF, byte != 0 { return segment(UInt8(byte), place + 1) }
                junkLeft -= 1
                if junkLeft < 0 { return nil }
                last = byte
                place += 1
            }
            return nil
        }

        private mutating func segment(_ marker: UInt8, _ place: Int64) -> (marker: UInt8, contents: Int64)? {
            if marker == 0xD9 { return nil }
            // These have no contents.
            if marker == 0x01 || (0xD0...0xD8).contains(marker) {
                position = place
                return (marker, place)
            }
            guard let length = file.bigEndian(at: place, 2), length >= 2 else { return nil }
            position = marker == 0xDA ? nil : place + Int64(length)
            return (marker, place + 2)
        }
    }
}
