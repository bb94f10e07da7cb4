/// PBM, PGM and PPM: two numbers as text behind the mark, whatever follows.
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
