enum JPEGFile {
    static func size(of file: FileBytes) -> (width: UInt64, height: UInt64)? {
        var segments = Segments(file)
        while let segment = segments.next() {
            // Every start of frame but DHT, JPG and DAC, which share their range of numbers.
            let isFrame =
                (0xC0...0xCF).contains(segment.marker) && ![0xC4, 0xC8, 0xCC].contains(segment.marker)
            guard isFrame else { continue }
            guard let height = file.bigEndian(at: segment.contents + 1, 2),
                let width = file.bigEndian(at: segment.contents + 3, 2)
            else { return nil }
            return (width, height)
        }
        return nil
    }

    /// An end of image behind the start of the scan. Padding and a second picture may follow it.
    static func isWhole(_ file: FileBytes) -> Bool {
        var segments = Segments(file)
        while let segment = segments.next() {
            if segment.marker == 0xDA {
                return file.tail(65_536, from: segment.contents, contains: [0xFF, 0xD9])
            }
        }
        return false
    }

    /// Walks from marker to marker as far as the first scan.
    private struct Segments {
        private let file: FileBytes
        private var position: Int64? = 2

        init(_ file: FileBytes) { self.file = file }

        mutating func next() -> (marker: UInt8, contents: Int64)? {
            guard var place = position, file.bigEndian(at: place, 1) == 0xFF else { return nil }
            var marker: UInt64 = 0xFF
            // A marker may stand behind any number of fill bytes.
            while marker == 0xFF {
                place += 1
                guard let next = file.bigEndian(at: place, 1) else { return nil }
                marker = next
            }
            guard marker != 0, marker != 0xD9, let length = file.bigEndian(at: place + 1, 2), length >= 2
            else {
                return nil
            }
            position = marker == 0xDA ? nil : place + 1 + Int64(length)
            return (UInt8(marker), place + 3)
        }
    }
}
