/// The tag that may precede sound of any format.
enum ID3Tag {
    /// Where it ends: 0 if there is none, nil if the file ends inside it.
    static func end(of file: FileBytes) -> Int64? {
        let head = Array(file.head(10))
        // The version follows. A letter there means that this is a text.
        guard head.starts(with: Array("ID3".utf8)), head.count > 3, head[3] < 0x20 else { return 0 }
        if head.count < 10 { return nil }
        let length = head[6..<10].reduce(Int64(0)) { $0 << 7 | Int64($1 & 0x7F) }
        let end = 10 + length + (head[5] & 0x10 == 0 ? 0 : 10)
        return end <= file.size ? end : nil
    }
}

/// MP3, MP2 and AAC: a series of frames, each with a header that tells its length.
struct MPEGAudioFile: MediaReader {
    private var wholeness = Wholeness.unknown
    /// Nil if not every frame was seen.
    private var duration: Double?

    static func isLikely(_ file: FileBytes) -> Bool {
        guard let start = ID3Tag.end(of: file) else { return true }
        return file.bytes(at: start, count: 7).map(Array.init).flatMap(frame) != nil
    }

    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        facts.setDuration(MPEGAudioFile(file).duration, rate: 1)
    }

    /// Whether the last frame is incomplete, or fewer frames are there than the first one announces.
    static func wholeness(of file: FileBytes) -> Wholeness { MPEGAudioFile(file).wholeness }

    private struct Frame {
        var length: Int64
        var seconds: Double
    }

    private init(_ file: FileBytes) {
        guard var position = ID3Tag.end(of: file), position < file.size else {
            wholeness = .cut
            return
        }
        let announced = Self.announcedFrames(file, at: position)
        var frames: Int64 = 0
        var seconds = 0.0
        while position < file.size {
            guard let head = file.bytes(at: position, count: 7).map(Array.init) else {
                // Too few bytes for a header: either a frame is cut here, or this is no frame.
                if file.bigEndian(at: position, 1) == 0xFF { wholeness = .cut }
                return
            }
            // Tags and padding may follow the sound.
            guard let frame = Self.frame(head) else { break }
            position += frame.length
            if position > file.size {
                wholeness = .cut
                return
            }
            frames += 1
            seconds += frame.seconds
        }
        if let announced {
            // The first frame holds the count and no sound. Some encoders count it nevertheless.
            wholeness = frames > announced ? .whole : frames == announced ? .unknown : .cut
            if frames >= announced, frames > 0 { duration = seconds * Double(announced) / Double(frames) }
        } else if frames > 0, !file.isExhausted {
            duration = seconds
        }
    }

    /// The number of frames of sound that an encoder wrote into the first frame, which holds none.
    private static func announcedFrames(_ file: FileBytes, at position: Int64) -> Int64? {
        // It follows the side information, whose length depends on version and channels.
        for offset: Int64 in [13, 21, 36] {
            guard let name = file.bytes(at: position + offset, count: 4),
                name.elementsEqual("Xing".utf8) || name.elementsEqual("Info".utf8),
                let flags = file.bigEndian(at: position + offset + 4, 4), flags & 1 == 1,
                let count = file.bigEndian(at: position + offset + 8, 4)
            else { continue }
            return Int64(count)
        }
        return nil
    }

    private static func frame(_ head: [UInt8]) -> Frame? {
        guard head[0] == 0xFF, head[1] & 0xE0 == 0xE0 else { return nil }
        switch head[1] >> 1 & 3 {
        case 0 where head[1] & 0xF0 == 0xF0: return advancedFrame(head)
        case 1: return layered(head, isSecondLayer: false)
        case 2: return layered(head, isSecondLayer: true)
        default: return nil
        }
    }

    /// Layers II and III.
    private static func layered(_ head: [UInt8], isSecondLayer: Bool) -> Frame? {
        let rates: [Int64] = [44_100, 48_000, 32_000]
        let isFirst = head[1] >> 3 & 3 == 3
        let bits: [Int64] =
            switch (isFirst, isSecondLayer) {
            case (true, true): [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384]
            case (true, false): [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
            case (false, _): [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
            }
        let (bitIndex, rateIndex) = (Int(head[2] >> 4), Int(head[2] >> 2 & 3))
        guard head[1] >> 3 & 3 != 1, (1...14).contains(bitIndex), rateIndex < 3 else { return nil }
        // Version 2 halves the rate, and version 2.5 halves it again.
        let rate = rates[rateIndex] >> (isFirst ? 0 : head[1] >> 3 & 3 == 2 ? 1 : 2)
        let samples: Int64 = isFirst || isSecondLayer ? 1152 : 576
        return Frame(
            length: samples / 8 * bits[bitIndex] * 1000 / rate + Int64(head[2] >> 1 & 1),
            seconds: Double(samples) / Double(rate))
    }

    private static func advancedFrame(_ head: [UInt8]) -> Frame? {
        let rates =
            [
                96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
                7_350,
            ] as [Double]
        let length = Int64(head[3] & 3) << 11 | Int64(head[4]) << 3 | Int64(head[5] >> 5)
        let rateIndex = Int(head[2] >> 2 & 0xF)
        guard length >= 7, rateIndex < rates.count else { return nil }
        return Frame(length: length, seconds: 1024 * Double(head[6] & 3 + 1) / rates[rateIndex])
    }
}
