/// The tag that may stand before sound of any format.
enum ID3Tag {
    /// Where it ends, 0 where there is none; nil where the file ends inside it.
    static func end(of file: FileBytes) -> Int64? {
        let head = Array(file.head(10))
        // The version follows: letters are a text's.
        guard head.starts(with: Array("ID3".utf8)), head.count > 3, head[3] < 0x20 else { return 0 }
        if head.count < 10 { return nil }
        let length = head[6..<10].reduce(Int64(0)) { $0 << 7 | Int64($1 & 0x7F) }
        let end = 10 + length + (head[5] & 0x10 == 0 ? 0 : 10)
        return end <= file.size ? end : nil
    }
}
