enum WebPFile: MediaReader {
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) { facts.setSize(size(of: file)) }

    static func wholeness(of file: FileBytes) -> Wholeness { WaveFile.wholeness(of: file) }

    private static func size(of file: FileBytes) -> (width: UInt64, height: UInt64)? {
        guard let chunk = file.bytes(at: 12, count: 4) else { return nil }
        switch String(decoding: chunk, as: UTF8.self) {
        case "VP8X":
            guard let width = file.littleEndian(at: 24, 3), let height = file.littleEndian(at: 27, 3) else {
                return nil
            }
            return (width + 1, height + 1)
        case "VP8L":
            guard file.bigEndian(at: 20, 1) == 0x2F, let bits = file.littleEndian(at: 21, 4) else {
                return nil
            }
            return (bits & 0x3FFF + 1, bits >> 14 & 0x3FFF + 1)
        case "VP8 ":
            // The upper two bits of each are a scale that decoders ignore.
            guard file.bigEndian(at: 23, 3) == 0x9D012A, let width = file.littleEndian(at: 26, 2),
                let height = file.littleEndian(at: 28, 2)
            else { return nil }
            return (width & 0x3FFF, height & 0x3FFF)
        default: return nil
        }
    }
}

enum WaveFile: MediaReader {
    /// The number of bytes divided by the bytes per second. If the header gives no number, the bytes that are
    /// there count.
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        var bytesPerSecond: UInt64 = 0
        for chunk in file.chunks(.riff, from: 12) {
            if chunk.name == "fmt " {
                bytesPerSecond = file.littleEndian(at: chunk.contents.lowerBound + 8, 4) ?? 0
            }
            guard chunk.name == "data" else { continue }
            return facts.setDuration(Double(chunk.contents.count), rate: Double(bytesPerSecond))
        }
    }

    /// The size in the header. A writer that could not seek back left any number there, so bytes after the
    /// announced end mean that the real end is not known.
    static func wholeness(of file: FileBytes) -> Wholeness {
        guard let size = file.littleEndian(at: 4, 4) else { return .cut }
        if size == 0 || size == 0xFFFF_FFFF { return .unknown }
        let rest = file.size - 8 - Int64(size)
        return rest < 0 ? .cut : rest <= 1 ? .whole : .unknown
    }
}

enum AVIFile: MediaReader {
    /// The main header is always the first chunk of the first list.
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        guard file.bytes(at: 24, count: 4)?.elementsEqual("avih".utf8) == true,
            let frameTime = file.littleEndian(at: 32, 4), let frames = file.littleEndian(at: 48, 4),
            let width = file.littleEndian(at: 64, 4), let height = file.littleEndian(at: 68, 4)
        else { return }
        facts.setSize((width, height))
        facts.setDuration(Double(frames) * Double(frameTime), rate: 1e6)
    }
}

/// The same container as RIFF, but with big-endian numbers.
enum AIFFFile: MediaReader {
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        let header = file.chunks(.aiff, from: 12).first { $0.name == "COMM" }
        guard let start = header?.contents.lowerBound, let frames = file.bigEndian(at: start + 2, 4),
            let exponent = file.bigEndian(at: start + 8, 2),
            let fraction = file.bigEndian(at: start + 10, 8)
        else { return }
        // The rate is an 80-bit float; rates that occur are whole numbers.
        let shift = 16383 + 63 - Int(exponent & 0x7FFF)
        guard (0..<64).contains(shift) else { return }
        facts.setDuration(Double(frames), rate: Double(fraction >> UInt64(shift)))
    }
}
