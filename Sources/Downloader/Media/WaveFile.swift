enum WaveFile {
    /// How long the sound lasts: its bytes by the bytes of a second. Where the header does not know, what is there counts.
    static func duration(of file: FileBytes) -> Double? {
        var position: Int64 = 12
        var bytesPerSecond: UInt64 = 0
        while let name = file.bytes(at: position, count: 4).map({ String(decoding: $0, as: UTF8.self) }),
            let size = file.littleEndian(at: position + 4, 4)
        {
            if name == "fmt " { bytesPerSecond = file.littleEndian(at: position + 16, 4) ?? 0 }
            if name == "data" {
                let there = min(size, UInt64(file.size - position - 8))
                return bytesPerSecond > 0 && there > 0 ? Double(there) / Double(bytesPerSecond) : nil
            }
            position += 8 + Int64(size) + Int64(size & 1)
        }
        return nil
    }
}
