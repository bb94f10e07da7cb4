/// Puts a description into the bytes of a picture. What the picture says already stays: a model may have
/// written its own settings there.
package enum EmbeddedDescription {
    /// The picture with the description; nil if it is neither PNG nor JPEG nor WebP, or is damaged.
    package static func bytes(_ picture: [UInt8], with description: FileDescription) -> [UInt8]? {
        if picture.starts(with: PNGText.signature) { return PNGText.add(description, to: picture) }
        if picture.starts(with: [0xFF, 0xD8, 0xFF]) { return JPEGSegments.add(description, to: picture) }
        if picture.starts(with: Array("RIFF".utf8)) { return WebPChunks.add(description, to: picture) }
        return nil
    }
}

/// PNG: text chunks after the header, so that they are found without reading the picture.
private enum PNGText {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    /// Signature and header chunk.
    private static let start = 33

    static func add(_ description: FileDescription, to file: [UInt8]) -> [UInt8]? {
        guard file.count > start, Array(file[12..<16]) == Array("IHDR".utf8), let taken = keywords(of: file)
        else { return nil }
        let texts = [
            ("parameters", description.parameters), ("prompt", description.graph),
            ("XML:com.adobe.xmp", description.xmp),
        ].filter { !taken.contains($0.0) }
        return Array(file[..<start]) + texts.flatMap { chunk($0.0, $0.1) } + file[start...]
    }

    /// The keywords of the texts that are there; nil if the file is damaged.
    private static func keywords(of file: [UInt8]) -> Set<String>? {
        var keywords: Set<String> = []
        var position = signature.count
        while position + 12 <= file.count {
            let count = file.bigEndian(at: position, bytes: 4)
            guard count <= file.count - position - 12 else { return nil }
            let content = file[position + 8..<position + 8 + count]
            let name = String(decoding: file[position + 4..<position + 8], as: UTF8.self)
            if name == "IEND" { break }
            if ["tEXt", "iTXt", "zTXt"].contains(name) {
                keywords.insert(String(decoding: content.prefix { $0 != 0 }, as: UTF8.self))
            }
            position += 12 + count
        }
        return keywords
    }

    /// `tEXt` holds Latin-1, `iTXt` UTF-8.
    private static func chunk(_ keyword: String, _ text: String) -> [UInt8] {
        let isPlain = text.utf8.allSatisfy { $0 < 0x80 } && keyword != "XML:com.adobe.xmp"
        // Not compressed, in no language, without a translated keyword.
        let between: [UInt8] = isPlain ? [0] : [0, 0, 0, 0, 0]
        let content =
            Array((isPlain ? "tEXt" : "iTXt").utf8) + Array(keyword.utf8) + between + Array(text.utf8)
        return UInt32(content.count - 4).bigEndianBytes + content + checksum(content).bigEndianBytes
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0 as UInt32) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in
                sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1
            }
        }
    }
}

/// JPEG: segments before the picture.
private enum JPEGSegments {
    private static let exifName = Array("Exif\0\0".utf8)
    private static let xmpName = Array("http://ns.adobe.com/xap/1.0/\0".utf8)
    private static let longest = 65_533

    static func add(_ description: FileDescription, to file: [UInt8]) -> [UInt8]? {
        var (position, start) = (2, 2)
        var (hasEXIF, hasXMP) = (false, false)
        while position + 4 <= file.count, file[position] == 0xFF, file[position + 1] != 0xDA {
            let end = position + 2 + file.bigEndian(at: position + 2, bytes: 2)
            guard end > position + 3, end <= file.count else { return nil }
            let content = file[position + 4..<end]
            // The first segment of a JFIF file stays the first.
            if file[position + 1] == 0xE0, position == start { start = end }
            if file[position + 1] == 0xE1 {
                hasEXIF = hasEXIF || content.starts(with: exifName)
                hasXMP = hasXMP || content.starts(with: xmpName)
            }
            position = end
        }
        guard position + 4 <= file.count, file[position] == 0xFF else { return nil }
        var segments: [UInt8] = []
        if !hasEXIF { segments += segment(exifName + EXIF.bytes(description)) }
        if !hasXMP {
            let whole = segment(xmpName + Array(description.xmp.utf8))
            segments +=
                whole.isEmpty
                ? segment(xmpName + Array(description.xmp(wholeInput: false).utf8)) : whole
        }
        return Array(file[..<start]) + segments + file[start...]
    }

    /// Empty if it would be too long.
    private static func segment(_ content: [UInt8]) -> [UInt8] {
        guard content.count <= longest else { return [] }
        let count = content.count + 2
        return [0xFF, 0xE1, UInt8(count >> 8), UInt8(count & 0xFF)] + content
    }
}

/// WebP: chunks after the picture, which a flag in the first chunk announces.
private enum WebPChunks {
    private static let (exifFlag, xmpFlag): (UInt8, UInt8) = (0x08, 0x04)

    static func add(_ description: FileDescription, to file: [UInt8]) -> [UInt8]? {
        guard file.count >= 30, Array(file[8..<12]) == Array("WEBP".utf8) else { return nil }
        let end = 8 + file.littleEndian(at: 4, bytes: 4)
        guard end <= file.count, var chunks = chunks(of: file[..<end]) else { return nil }
        if chunks[0].name != "VP8X" {
            guard let header = header(for: chunks[0]) else { return nil }
            chunks.insert(("VP8X", header), at: 0)
        }
        guard chunks[0].content.count == 10 else { return nil }
        if !chunks.contains(where: { $0.name == "EXIF" }) {
            chunks.append(("EXIF", EXIF.bytes(description)))
            chunks[0].content[0] |= exifFlag
        }
        if !chunks.contains(where: { $0.name == "XMP " }) {
            chunks.append(("XMP ", Array(description.xmp.utf8)))
            chunks[0].content[0] |= xmpFlag
        }
        var body = Array("WEBP".utf8)
        for (name, content) in chunks {
            body += Array(name.utf8)
            body += UInt32(content.count).littleEndianBytes
            body += content
            if content.count & 1 == 1 { body.append(0) }
        }
        return Array("RIFF".utf8) + UInt32(body.count).littleEndianBytes + body
    }

    private static func chunks(of file: ArraySlice<UInt8>) -> [(name: String, content: [UInt8])]? {
        var chunks: [(name: String, content: [UInt8])] = []
        var position = 12
        while position + 8 <= file.endIndex {
            let count = file.littleEndian(at: position + 4, bytes: 4)
            guard count <= file.endIndex - position - 8 else { return nil }
            let name = file[position..<position + 4]
            guard name.allSatisfy({ $0 < 0x80 }) else { return nil }
            let content = Array(file[position + 8..<position + 8 + count])
            chunks.append((String(decoding: name, as: UTF8.self), content))
            position += 8 + count + (count & 1)
        }
        return chunks.isEmpty ? nil : chunks
    }

    /// The header that a file of one chunk can do without: the size of the picture, and whether it is
    /// transparent.
    private static func header(for chunk: (name: String, content: [UInt8])) -> [UInt8]? {
        let content = chunk.content
        var (width, height, flags) = (0, 0, UInt8(0))
        switch chunk.name {
        case "VP8 " where content.count >= 10:
            width = content.littleEndian(at: 6, bytes: 2) & 0x3FFF
            height = content.littleEndian(at: 8, bytes: 2) & 0x3FFF
        case "VP8L" where content.count >= 5:
            let bits = content.littleEndian(at: 1, bytes: 4)
            (width, height) = (bits & 0x3FFF + 1, bits >> 14 & 0x3FFF + 1)
            flags = bits >> 28 & 1 == 1 ? 0x10 : 0
        default: return nil
        }
        guard width > 0, height > 0 else { return nil }
        let header: [UInt8] = [flags, 0, 0, 0]
        return header + UInt32(width - 1).littleEndianBytes.prefix(3)
            + UInt32(height - 1).littleEndianBytes.prefix(3)
    }
}

/// EXIF with the prompt as description and the settings as comment, where AUTOMATIC1111 has them in JPEG and
/// WebP.
private enum EXIF {
    /// In UTF-16 units: a segment of JPEG has 64 kB.
    private static let longestComment = 20_000

    static func bytes(_ description: FileDescription) -> [UInt8] {
        let comment = Array(description.parameters.utf16.prefix(longestComment))
        let prompt = String((description.prompt ?? "").prefix(5000))
        let texts = [(UInt16(0x010E), text(prompt)), (0x0131, text("jobd"))]
        // The directory: a count, entries of 12 bytes, no next one. Its texts follow, then the other one.
        let directoryEnd = 8 + 2 + 12 * (texts.count + 1) + 4
        var (entries, data): ([UInt8], [UInt8]) = ([], [])
        for (tag, content) in texts {
            entries += entry(tag, type: 2, content, at: directoryEnd + data.count)
            data += content.count > 4 ? content : []
        }
        if data.count & 1 == 1 { data.append(0) }
        let other = directoryEnd + data.count
        var coded = Array("UNICODE\0".utf8)
        for unit in comment { coded += unit.bigEndianBytes }
        var bytes = Array("MM".utf8) + UInt16(42).bigEndianBytes + UInt32(8).bigEndianBytes
        bytes += UInt16(texts.count + 1).bigEndianBytes
        bytes += entries
        bytes += entry(0x8769, type: 4, count: 1, UInt32(other).bigEndianBytes)
        bytes += UInt32(0).bigEndianBytes
        bytes += data
        bytes += UInt16(1).bigEndianBytes
        bytes += entry(0x9286, type: 7, coded, at: other + 18)
        bytes += UInt32(0).bigEndianBytes
        return bytes + coded
    }

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8).filter { $0 != 0 } + [0] }

    /// An entry; up to four bytes are in it, more elsewhere.
    private static func entry(_ tag: UInt16, type: UInt16, _ content: [UInt8], at offset: Int) -> [UInt8] {
        let isLong = content.count > 4
        let value: [UInt8] = isLong ? UInt32(offset).bigEndianBytes : content
        return entry(tag, type: type, count: content.count, value)
    }

    /// - Parameter value: at most four bytes.
    private static func entry(_ tag: UInt16, type: UInt16, count: Int, _ value: [UInt8]) -> [UInt8] {
        var bytes = tag.bigEndianBytes + type.bigEndianBytes
        bytes += UInt32(count).bigEndianBytes
        return bytes + value + [UInt8](repeating: 0, count: 4 - value.count)
    }
}

extension FixedWidthInteger {
    fileprivate var littleEndianBytes: [UInt8] {
        (0..<bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
    }
    fileprivate var bigEndianBytes: [UInt8] { littleEndianBytes.reversed() }
}

extension RandomAccessCollection<UInt8> where Index == Int {
    fileprivate func bigEndian(at start: Int, bytes count: Int) -> Int {
        self[start..<start + count].reduce(0) { $0 << 8 | Int($1) }
    }

    fileprivate func littleEndian(at start: Int, bytes count: Int) -> Int {
        self[start..<start + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
