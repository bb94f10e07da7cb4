enum WebPFile: MediaReader {
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) { facts.setSize(size(of: file)) }

    static func wholeness(of file: FileBytes) -> Wholeness { RIFFFile.wholeness(of: file) }

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
