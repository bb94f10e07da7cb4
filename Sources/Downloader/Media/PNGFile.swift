enum PNGFile {
    /// IHDR is always the first chunk.
    static func size(of file: FileBytes) -> (width: UInt64, height: UInt64)? {
        guard file.bytes(at: 12, count: 4)?.elementsEqual("IHDR".utf8) == true,
            let width = file.bigEndian(at: 16, 4), let height = file.bigEndian(at: 20, 4)
        else { return nil }
        return (width, height)
    }

    /// The end chunk with its checksum: twelve bytes that no other place of a file holds by chance.
    static func isWhole(_ file: FileBytes) -> Bool {
        file.tail(
            65_536, contains: [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82])
    }
}
