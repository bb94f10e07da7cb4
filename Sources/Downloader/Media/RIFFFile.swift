/// The container of WebP, WAV and AVI.
enum RIFFFile {
    /// The size in the header. A writer that could not go back left it zero or all ones: that says nothing.
    static func isWhole(_ file: FileBytes) -> Bool? {
        guard let size = file.littleEndian(at: 4, 4) else { return false }
        if size == 0 || size == 0xFFFF_FFFF { return nil }
        return Int64(size) + 8 <= file.size
    }
}
