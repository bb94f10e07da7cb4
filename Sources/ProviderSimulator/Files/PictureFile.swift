internal import CZlib

/// A gradient of two colours as a PNG.
enum PictureFile {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// The colours depend on `mark`, which is also in the file: another mark makes another file.
    static func png(width: Int, height: Int, mark: String) -> [UInt8] {
        var file = signature
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

    /// A zlib stream without compression: how large a picture is depends on its width and height alone.
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        let room = compressBound(uLong(bytes.count))
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(room)) { buffer, count in
            var length = room
            unsafe compress2(buffer.baseAddress, &length, bytes, uLong(bytes.count), Z_NO_COMPRESSION)
            count = Int(length)
        }
    }

    private static func chunk(_ name: String, _ content: [UInt8], into file: inout [UInt8]) {
        file.appendBigEndian(UInt32(content.count))
        file += name.utf8
        file += content
        file.appendBigEndian(crc32(file[(file.count - content.count - 4)...]))
    }

    static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        unsafe bytes.withUnsafeBufferPointer { UInt32(unsafe CZlib.crc32(0, $0.baseAddress, uInt($0.count))) }
    }
}

extension [UInt8] {
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}
