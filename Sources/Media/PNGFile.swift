enum PNGFile: MediaReader {
    /// IHDR is always the first chunk.
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        guard file.bytes(at: 12, count: 4)?.elementsEqual("IHDR".utf8) == true,
            let width = file.bigEndian(at: 16, 4), let height = file.bigEndian(at: 20, 4)
        else { return }
        facts.setSize((width, height))
    }

    /// The end chunk with its checksum. Only what follows the data counts: a chunk before it may hold another
    /// PNG with an end of its own.
    static func wholeness(of file: FileBytes) -> Wholeness {
        let end: [UInt8] = [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]
        guard let data = file.chunks(.png, from: 8).first(where: { $0.name == "IDAT" }) else { return .cut }
        return file.tail(65_536, from: data.contents.lowerBound, contains: end) ? .whole : .cut
    }
}
