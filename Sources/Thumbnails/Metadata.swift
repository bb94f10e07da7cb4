/// What a file says about its picture beside the pixels. A thumbnail would lose it, so if it matters, the
/// gallery shows the picture itself.
enum Metadata {
    /// Whether it is an animation: a thumbnail would show only one frame.
    static func showsMovement(_ file: [UInt8]) -> Bool {
        chunks(of: file).contains { ["acTL", "ANIM"].contains($0.name) }
    }

    /// Whether EXIF says that the picture must be rotated or mirrored.
    static func turns(_ file: [UInt8]) -> Bool {
        let exif =
            chunks(of: file).first { ["eXIf", "EXIF"].contains($0.name) }?.content ?? jpegEXIF(of: file)
        return exif.map { orientation(in: $0) != 1 } ?? false
    }

    private struct Chunk {
        let name: String
        let content: ArraySlice<UInt8>
    }

    /// The chunks of a PNG or WebP: a name of four letters and a length, in either order, then the content.
    private static func chunks(of file: [UInt8]) -> [Chunk] {
        let isPNG = file.starts(with: [0x89, 0x50, 0x4E, 0x47])
        guard isPNG || file.starts(with: Array("RIFF".utf8)) else { return [] }
        var chunks: [Chunk] = []
        var position = isPNG ? 8 : 12
        while position + 8 <= file.count {
            let (name, length) = isPNG ? (position + 4, position) : (position, position + 4)
            let start = position + 8
            let count =
                isPNG ? number(file[length..<length + 4]) : number(file[length..<length + 4].reversed())
            let end = min(file.count, start + count)
            chunks.append(
                Chunk(
                    name: String(decoding: file[name..<name + 4], as: UTF8.self), content: file[start..<end]))
            // PNG adds a checksum, WebP a byte that makes the length even.
            position = start + count + (isPNG ? 4 : count & 1)
        }
        return chunks
    }

    /// The EXIF of a JPEG: the first APP1 segment that begins with its name.
    private static func jpegEXIF(of file: [UInt8]) -> ArraySlice<UInt8>? {
        guard file.starts(with: [0xFF, 0xD8]) else { return nil }
        let name = Array("Exif\0\0".utf8)
        var position = 2
        while position + 4 <= file.count, file[position] == 0xFF, file[position + 1] != 0xDA {
            let end = position + 2 + number(file[position + 2..<position + 4])
            let content = file[
                min(position + 4, file.count)..<max(min(position + 4, file.count), min(end, file.count))]
            if file[position + 1] == 0xE1, content.starts(with: name) { return content.dropFirst(name.count) }
            position = max(end, position + 2)
        }
        return nil
    }

    /// The orientation in the first directory of the TIFF data; 1 if there is none.
    private static func orientation(in exif: ArraySlice<UInt8>) -> Int {
        let bytes = Array(exif.starts(with: Array("Exif\0\0".utf8)) ? exif.dropFirst(6) : exif)
        let isLittle = bytes.first == UInt8(ascii: "I")
        func read(_ start: Int, _ count: Int) -> Int? {
            guard start >= 0, start + count <= bytes.count else { return nil }
            let part = bytes[start..<start + count]
            return isLittle ? number(part.reversed()) : number(part)
        }
        guard let directory = read(4, 4), let entries = read(directory, 2) else { return 1 }
        for entry in 0..<entries {
            let start = directory + 2 + entry * 12
            guard let tag = read(start, 2) else { return 1 }
            if tag == 0x0112 { return read(start + 8, 2) ?? 1 }
        }
        return 1
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
