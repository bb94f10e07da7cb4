/// What a file is, by its own bytes. It shares nothing with jobd's readers, so that it does not repeat their
/// mistakes.
struct InputContent {
    /// `image`, `video` or `audio`.
    let kind: String
    /// Of a PNG or a JPEG.
    private(set) var size: (width: Int, height: Int)?

    /// Nil for a file of another kind, and for a picture that is cut.
    init?(_ file: [UInt8]) {
        func has(_ word: String, at place: Int = 0) -> Bool { file.dropFirst(place).starts(with: word.utf8) }
        let start = file.prefix(4)
        if file.starts(with: PictureFile.signature) {
            // The last chunk has no content; behind its name is its CRC.
            guard file.count > 45, file.suffix(8).starts(with: "IEND".utf8) else { return nil }
            (kind, size) = ("image", (Self.number(file, 16, 4), Self.number(file, 20, 4)))
        } else if start.starts(with: [0xFF, 0xD8]) {
            guard let size = Self.sizeOfJPEG(file) else { return nil }
            (kind, self.size) = ("image", size)
        } else if has("GIF8") || has("WEBP", at: 8) {
            kind = "image"
        } else if has("ftyp", at: 4) || start == [0x1A, 0x45, 0xDF, 0xA3] {
            kind = "video"
        } else if has("WAVE", at: 8) || has("ID3") || has("fLaC") || has("OggS")
            || (start.first == 0xFF && start.dropFirst().first ?? 0 >= 0xE0)
        {
            kind = "audio"
        } else {
            return nil
        }
    }

    /// Goes from segment to segment to the one that says the size. The picture must reach its end.
    private static func sizeOfJPEG(_ file: [UInt8]) -> (width: Int, height: Int)? {
        guard file.suffix(2) == [0xFF, 0xD9] else { return nil }
        var place = 2
        while place + 9 <= file.count, file[place] == 0xFF {
            let marker = file[place + 1]
            if (0xC0...0xCF).contains(marker), ![0xC4, 0xC8, 0xCC].contains(marker) {
                return (number(file, place + 7, 2), number(file, place + 5, 2))
            }
            place += 2 + number(file, place + 2, 2)
        }
        return nil
    }

    private static func number(_ file: [UInt8], _ place: Int, _ count: Int) -> Int {
        file[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
    }
}
