enum FLACFile: MediaReader {
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        guard let stream = Stream(file) else { return }
        facts.setDuration(Double(stream.samples), rate: Double(stream.rate))
    }

    /// The last frame is here, including its checksum, and it holds the last samples.
    static func wholeness(of file: FileBytes) -> Wholeness {
        guard let stream = Stream(file) else { return .cut }
        let tail = Array(file.tail(stream.longestFrame == 0 ? 1 << 16 : min(stream.longestFrame, 1 << 18)))
        // Bytes that look like a header are rare. The limit is for files that were made to have many.
        var triesLeft = 16
        var index = tail.count - 6
        while index >= 0, triesLeft > 0 {
            defer { index -= 1 }
            guard tail[index] == 0xFF, tail[index + 1] & 0xFE == 0xF8,
                let frame = Frame(tail[index...], stream.block)
            else { continue }
            triesLeft -= 1
            guard checksum16(tail[index...]) == 0 else { continue }
            if stream.samples == 0 { return .unknown }
            return frame.end >= stream.samples ? .whole : .cut
        }
        return .cut
    }

    private struct Stream {
        var block: UInt64
        /// In bytes. 0 if the writer did not know, as with the samples.
        var longestFrame: Int
        var rate: UInt64
        var samples: UInt64

        init?(_ file: FileBytes) {
            guard let start = ID3Tag.end(of: file).map({ $0 + 8 }),
                let block = file.bigEndian(at: start + 2, 2),
                let longest = file.bigEndian(at: start + 7, 3), let bits = file.bigEndian(at: start + 10, 8)
            else { return nil }
            (self.block, longestFrame) = (block, Int(longest))
            (rate, samples) = (bits >> 44, bits & 0xF_FFFF_FFFF)
        }
    }

    private struct Frame {
        /// The number of samples up to its end.
        var end: UInt64

        /// Nil if no header with a correct checksum begins here.
        init?(_ bytes: ArraySlice<UInt8>, _ block: UInt64) {
            var header = bytes.prefix(16)
            guard header.count >= 6 else { return nil }
            let start = header.startIndex
            let isVariable = header[start + 1] & 1 == 1
            let blockCode = header[start + 2] >> 4
            let rateCode = header[start + 2] & 0xF
            header = header.dropFirst(4)
            guard let number = Self.codedNumber(&header) else { return nil }
            func read(_ count: Int) -> UInt64? {
                guard header.count >= count else { return nil }
                defer { header = header.dropFirst(count) }
                return header.prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
            }
            let samples: UInt64?
            switch blockCode {
            case 1: samples = 192
            case 2...5: samples = 576 << UInt64(blockCode - 2)
            case 6: samples = read(1).map { $0 + 1 }
            case 7: samples = read(2).map { $0 + 1 }
            case 8...15: samples = 256 << UInt64(blockCode - 8)
            default: samples = nil
            }
            guard let samples, read(rateCode == 12 ? 1 : rateCode == 13 || rateCode == 14 ? 2 : 0) != nil,
                let checksum = read(1), checksum8(bytes[start..<header.startIndex - 1]) == checksum
            else { return nil }
            end = (isVariable ? number : number * block) + samples
        }

        /// The number of the frame or of its first sample, in the coding of UTF-8.
        private static func codedNumber(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
            guard let first = bytes.popFirst() else { return nil }
            let ones = (~first).leadingZeroBitCount
            if ones == 0 { return UInt64(first) }
            guard (2...7).contains(ones), bytes.count >= ones - 1 else { return nil }
            var number = ones == 7 ? 0 : UInt64(first & (0x7F >> UInt8(ones)))
            for _ in 1..<ones { number = number << 6 | UInt64(bytes.removeFirst() & 0x3F) }
            return number
        }
    }

    private static func checksum8(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        UInt64(
            bytes.reduce(UInt8(0)) { sum, byte in
                (0..<8).reduce(sum ^ byte) { value, _ in value << 1 ^ (value & 0x80 == 0 ? 0 : 0x07) }
            })
    }

    /// It is zero for a frame including the checksum at its end.
    private static func checksum16(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(0) { sum, byte in
            (0..<8).reduce(sum ^ UInt16(byte) << 8) { value, _ in
                value << 1 ^ (value & 0x8000 == 0 ? 0 : 0x8005)
            }
        }
    }
}
