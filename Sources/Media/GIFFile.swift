enum GIFFile: MediaReader {
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        guard let width = file.littleEndian(at: 6, 2), let height = file.littleEndian(at: 8, 2) else {
            return
        }
        facts.setSize((width, height))
    }

    /// Walks the blocks to the trailer: a byte 0x3B inside the picture is not one.
    static func wholeness(of file: FileBytes) -> Wholeness {
        guard let flags = file.bigEndian(at: 10, 1) else { return .cut }
        var position = 13 + colours(flags)
        while let block = file.bigEndian(at: position, 1) {
            switch block {
            case 0x3B: return .whole
            case 0x21: position += 2
            case 0x2C:
                guard let flags = file.bigEndian(at: position + 9, 1) else { return .cut }
                position += 11 + colours(flags)
            default: return .unknown
            }
            while let length = file.bigEndian(at: position, 1) {
                position += 1 + Int64(length)
                if length == 0 { break }
            }
        }
        return .cut
    }

    /// The length of the colour table that the flags announce.
    private static func colours(_ flags: UInt64) -> Int64 {
        flags & 0x80 == 0 ? 0 : 3 << (1 + Int64(flags & 7))
    }
}
