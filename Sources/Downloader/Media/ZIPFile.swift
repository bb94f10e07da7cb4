enum ZIPFile {
    private static let record = 22

    /// The end of the central directory, with nothing missing of the comment that may stand behind it.
    static func isWhole(_ file: FileBytes) -> Bool {
        let tail = file.tail(record + 0xFFFF)
        if tail.count < record { return false }
        for index in (tail.startIndex...tail.endIndex - record).reversed()
        where tail[index] == 0x50 && tail[index..<index + 4].elementsEqual([0x50, 0x4B, 0x05, 0x06]) {
            let comment = Int(tail[index + 20]) | Int(tail[index + 21]) << 8
            if index + record + comment <= tail.endIndex { return true }
        }
        return false
    }
}
