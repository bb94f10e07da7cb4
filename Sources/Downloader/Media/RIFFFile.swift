/// The container of WebP, WAV and AVI.
enum RIFFFile {
    /// The size in the header. A film of more than a gigabyte is several of them, one behind the other.
    ///
    /// A writer that could not go back left anything as the size: whatever stands behind what the header
    /// names tells that nobody knows how much should.
    static func wholeness(of file: FileBytes) -> Wholeness {
        var place: Int64 = 0
        while let name = file.bytes(at: place, count: 4), let size = file.littleEndian(at: place + 4, 4) {
            let isLong = name.elementsEqual("RF64".utf8)
            guard isLong || name.elementsEqual("RIFF".utf8) else { return .unknown }
            if !isLong, size == 0 || size == 0xFFFF_FFFF { return .unknown }
            // The first chunk of a long one holds the real sizes.
            let length = isLong ? file.littleEndian(at: place + 20, 8) : size
            guard let length, length <= UInt64(file.size - place) else { return .cut }
            place += 8 + Int64(length)
            if place > file.size { return .cut }
            if file.size - place <= 1 { return .whole }
            place += place & 1
        }
        return .unknown
    }

    /// The chunks that stand side by side behind `start`: their names, and where their contents begin.
    struct Chunks: Sequence, IteratorProtocol {
        let file: FileBytes
        var place: Int64
        var isBigEndian = false

        mutating func next() -> (name: String, start: Int64, size: UInt64)? {
            guard let name = file.bytes(at: place, count: 4),
                let size = isBigEndian
                    ? file.bigEndian(at: place + 4, 4) : file.littleEndian(at: place + 4, 4)
            else { return nil }
            let start = place + 8
            place = start + Int64(size) + Int64(size & 1)
            return (String(decoding: name, as: UTF8.self), start, size)
        }
    }
}

enum AVIFile: MediaReader {
    /// The main header is always the first chunk of the first list.
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        guard file.bytes(at: 24, count: 4)?.elementsEqual("avih".utf8) == true,
            let frameTime = file.littleEndian(at: 32, 4), let frames = file.littleEndian(at: 48, 4),
            let width = file.littleEndian(at: 64, 4), let height = file.littleEndian(at: 68, 4)
        else { return }
        facts.setSize((width, height))
        facts.setDuration(Double(frames) * Double(frameTime), rate: 1e6)
    }

    static func wholeness(of file: FileBytes) -> Wholeness { RIFFFile.wholeness(of: file) }
}
