/// A gradient of two colours as a PNG. Its pixels are stored uncompressed, which needs no library.
enum PictureFile {
    /// The colours follow from `mark`, which also stands in the file: another mark makes another file.
    static func png(width: Int, height: Int, mark: String) -> [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        file.reserveCapacity(width * height + height + 2048)
        var header: [UInt8] = []
        header.appendBigEndian(UInt32(width))
        header.appendBigEndian(UInt32(height))
        // Eight bits a pixel, indexed colours, and the only methods there are.
        header += [8, 3, 0, 0, 0]
        chunk("IHDR", header, into: &file)
        chunk("tEXt", Array("Comment\0jobsim \(mark)".utf8), into: &file)
        chunk("PLTE", palette(SplitMix(seed: fingerprint(mark))), into: &file)
        chunk("IDAT", stored(rows(width, height)), into: &file)
        chunk("IEND", [], into: &file)
        return file
    }

    /// From a light colour to a dark one.
    private static func palette(_ generator: SplitMix) -> [UInt8] {
        var random = generator
        let light = (0..<3).map { _ in Int.random(in: 150...255, using: &random) }
        let dark = (0..<3).map { _ in Int.random(in: 0...150, using: &random) }
        return (0..<256).flatMap { step in
            zip(light, dark).map { UInt8(($0 * (255 - step) + $1 * step) / 255) }
        }
    }

    /// From the upper left to the lower right. Every row begins with the number of its filter: none.
    private static func rows(_ width: Int, _ height: Int) -> [UInt8] {
        let across = (0..<width).map { UInt8($0 * 128 / width) }
        var rows: [UInt8] = []
        rows.reserveCapacity((width + 1) * height)
        for row in 0..<height {
            let down = UInt8(row * 128 / height)
            rows.append(0)
            rows += across.map { $0 + down }
        }
        return rows
    }

    /// A zlib stream of stored blocks.
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        let largest = 65535
        var stream: [UInt8] = [0x78, 0x01]
        stream.reserveCapacity(bytes.count + bytes.count / largest * 5 + 16)
        for start in stride(from: 0, to: bytes.count, by: largest) {
            let end = min(start + largest, bytes.count)
            let length = UInt16(end - start)
            stream.append(end == bytes.count ? 1 : 0)
            for half in [length, ~length] {
                stream.append(UInt8(truncatingIfNeeded: half))
                stream.append(UInt8(truncatingIfNeeded: half >> 8))
            }
            stream += bytes[start..<end]
        }
        stream.appendBigEndian(adler32(bytes))
        return stream
    }

    private static func chunk(_ name: String, _ content: [UInt8], into file: inout [UInt8]) {
        file.appendBigEndian(UInt32(content.count))
        file += name.utf8
        file += content
        file.appendBigEndian(crc32(file[(file.count - content.count - 4)...]))
    }

    private static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var low: UInt32 = 1
        var high: UInt32 = 0
        // So many bytes can be added before the sums must be reduced.
        for start in stride(from: 0, to: bytes.count, by: 5552) {
            for byte in bytes[start..<min(start + 5552, bytes.count)] {
                low &+= UInt32(byte)
                high &+= low
            }
            low %= 65521
            high %= 65521
        }
        return high << 16 | low
    }

    private static let crcTable: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
    }

    static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        let table = crcTable
        return ~bytes.reduce(UInt32.max) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }
}

extension [UInt8] {
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}
