enum WaveFile: MediaReader {
    /// How long the sound lasts: its bytes by the bytes of a second. Where the header does not know, what is
    /// there counts.
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        var bytesPerSecond: UInt64 = 0
        for chunk in RIFFFile.Chunks(file: file, place: 12) {
            if chunk.name == "fmt " { bytesPerSecond = file.littleEndian(at: chunk.start + 8, 4) ?? 0 }
            guard chunk.name == "data" else { continue }
            let there = min(chunk.size, UInt64(max(0, file.size - chunk.start)))
            return facts.setDuration(Double(there), rate: Double(bytesPerSecond))
        }
    }

    static func wholeness(of file: FileBytes) -> Wholeness { RIFFFile.wholeness(of: file) }
}

enum AIFFFile: MediaReader {
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        let chunks = RIFFFile.Chunks(file: file, place: 12, isBigEndian: true)
        guard let common = chunks.first(where: { $0.name == "COMM" })?.start,
            let frames = file.bigEndian(at: common + 2, 4),
            let exponent = file.bigEndian(at: common + 8, 2),
            let fraction = file.bigEndian(at: common + 10, 8)
        else { return }
        // The rate is a number of 80 bits; those of interest are whole.
        let shift = 16383 + 63 - Int(exponent & 0x7FFF)
        guard (0..<64).contains(shift) else { return }
        facts.setDuration(Double(frames), rate: Double(fraction >> UInt64(shift)))
    }

    static func wholeness(of file: FileBytes) -> Wholeness {
        guard let size = file.bigEndian(at: 4, 4) else { return .cut }
        if size == 0 || size == 0xFFFF_FFFF { return .unknown }
        let rest = file.size - 8 - Int64(size)
        return rest < 0 ? .cut : rest <= 1 ? .whole : .unknown
    }
}
