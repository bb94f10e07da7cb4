/// MPEG transport streams: packets of 188 bytes with a mark at the start of each; or of 192, with a time
/// before it.
enum TransportStream: MediaReader {
    static func isLikely(_ file: FileBytes) -> Bool {
        [(0, 188), (4, 192)].contains { start, length in
            (0..<3).allSatisfy { file.bigEndian(at: Int64(start + $0 * length), 1) == 0x47 }
        }
    }
}

/// AC-3 and E-AC-3.
enum DolbyFile: MediaReader {
    /// Two bytes are little proof: the version is one that there is, and the rate no forbidden one.
    static func isLikely(_ file: FileBytes) -> Bool {
        guard let version = version(of: file), let rates = file.bigEndian(at: 4, 1) else { return false }
        return version <= 8 ? rates >> 6 != 3 && rates & 0x3F < 38 : (11...16).contains(version)
    }

    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        if version(of: file) ?? 0 > 8 { (facts.mediaType, facts.fileExtension) = ("audio/eac3", "eac3") }
    }

    private static func version(of file: FileBytes) -> UInt64? { file.bigEndian(at: 5, 1).map { $0 >> 3 } }
}
