/// The ends of documents that are text, with what programs leave behind them.
enum DocumentEnd {
    /// How far before its last byte an end may stand.
    private static let reach = 1 << 16

    /// The mark of the end, before padding and no more than 1024 bytes of anything else: so readers look for it.
    static func isWholePDF(_ file: FileBytes) -> Bool {
        contains(trimmed(file.tail(reach)).suffix(1024), "%%EOF")
    }

    /// The end tag, or a drawing that is one empty tag. Comments may stand behind it.
    static func isWholeSVG(_ file: FileBytes) -> Bool {
        // In UTF-16 every other byte is zero; names are typed in capitals, too.
        let text = file.tail(reach).filter { $0 != 0 }.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        if contains(text[...], "</svg") { return true }
        guard let last = text.lastIndex(of: UInt8(ascii: "<")), !contains(text[..<last], "<svg") else {
            return false
        }
        return text[last...].starts(with: "<svg".utf8)
            && trimmed(text[...]).suffix(2).elementsEqual("/>".utf8)
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        text[..<(text.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? text.startIndex)]
    }

    private static func contains(_ text: ArraySlice<UInt8>, _ mark: String) -> Bool {
        let mark = Array(mark.utf8)
        return text.indices.contains { text[$0] == mark[0] && text[$0...].starts(with: mark) }
    }
}
