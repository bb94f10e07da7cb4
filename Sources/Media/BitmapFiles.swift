/// Pictures that people have but no model makes: their size is read, and nobody looks for their end.

enum BMPFile: MediaReader {
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        // The oldest header has 12 bytes, and numbers of two.
        let isOld = file.littleEndian(at: 14, 4) == 12
        guard let width = file.littleEndian(at: 18, isOld ? 2 : 4),
            let height = file.littleEndian(at: isOld ? 20 : 22, isOld ? 2 : 4)
        else { return }
        // A negative height means that the top row comes first.
        facts.setSize((width, isOld ? height : UInt64(Int32(truncatingIfNeeded: height).magnitude)))
    }
}

enum TIFFFile: MediaReader {
    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        let isLittle = file.bigEndian(at: 0, 1) == UInt64(UInt8(ascii: "I"))
        func number(_ offset: Int64, _ count: Int) -> UInt64? {
            isLittle ? file.littleEndian(at: offset, count) : file.bigEndian(at: offset, count)
        }
        guard let directory = number(4, 4).map({ Int64($0) }), let entries = number(directory, 2) else {
            return
        }
        func value(of tag: UInt64) -> UInt64? {
            for index in 0..<Int64(min(entries, 4096)) {
                let entry = directory + 2 + index * 12
                guard number(entry, 2) == tag else { continue }
                let isShort = number(entry + 2, 2) == 3
                return number(entry + 8, isShort ? 2 : 4)
            }
            return nil
        }
        guard let width = value(of: 256), let height = value(of: 257) else { return }
        facts.setSize((width, height))
    }
}

/// PBM, PGM and PPM: two numbers as text after the signature.
enum PortableMapFile: MediaReader {
    static func isLikely(_ file: FileBytes) -> Bool { size(of: file) != nil }

    static func complete(_ facts: inout MediaFacts, from file: FileBytes) { facts.setSize(size(of: file)) }

    private static func size(of file: FileBytes) -> (width: UInt64, height: UInt64)? {
        let text = String(decoding: file.head(1024).dropFirst(2), as: UTF8.self)
        guard text.first?.isWhitespace == true || text.first == "#" else { return nil }
        let words = text.split(whereSeparator: \.isNewline).flatMap { line in
            line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
        }
        guard words.count >= 2, let width = UInt64(words[0]), let height = UInt64(words[1]) else {
            return nil
        }
        return (width, height)
    }
}
