enum BMPFile: MediaReader {
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        guard let header = Header(file) else { return }
        facts.setSize((header.width, header.height))
    }

    /// The rows of pixels are counted: programs write anything as the file's size.
    static func wholeness(of file: FileBytes) -> Wholeness {
        guard let header = Header(file) else { return .cut }
        guard let end = header.end else { return .unknown }
        return end <= UInt64(file.size) ? .whole : .cut
    }

    private struct Header {
        var width: UInt64
        var height: UInt64
        /// Where the pixels end; nil where they are compressed, or more than anybody has.
        var end: UInt64?

        init?(_ file: FileBytes) {
            guard let data = file.littleEndian(at: 10, 4), let length = file.littleEndian(at: 14, 4),
                let wide = file.littleEndian(at: 18, length == 12 ? 2 : 4),
                let high = file.littleEndian(at: length == 12 ? 20 : 22, length == 12 ? 2 : 4),
                let bits = file.littleEndian(at: length == 12 ? 24 : 28, 2)
            else { return nil }
            width = wide
            // A negative height stands for rows from the top.
            height = length == 12 ? high : UInt64(Int32(truncatingIfNeeded: high).magnitude)
            let isPlain = length == 12 || [0, 3, 6].contains(file.littleEndian(at: 30, 4) ?? 1)
            if isPlain, width < 1 << 24, height < 1 << 24, bits <= 64, bits > 0 {
                end = data + (width * bits + 31) / 32 * 4 * height
            }
        }
    }
}
