enum OggFile {
    /// The longest page: a header, the sizes of 255 segments, and what they hold.
    private static let longestPage = 27 + 255 + 255 * 255

    /// The last page is here to its end. Nil where it does not call itself the last: a live recording never does.
    static func isWhole(_ file: FileBytes) -> Bool? {
        let tail = file.tail(longestPage)
        if tail.count < 27 { return false }
        for index in (tail.startIndex...tail.endIndex - 27).reversed()
        where tail[index] == 0x4F && tail[index..<index + 5].elementsEqual(Array("OggS\0".utf8)) {
            let sizes = tail[(index + 27)...].prefix(Int(tail[index + 26]))
            let length = 27 + Int(tail[index + 26]) + sizes.reduce(0) { $0 + Int($1) }
            if index + length > tail.endIndex { return false }
            let rest = tail[(index + length)...].prefix(4)
            // So little of a header does not say how long its page is.
            if !rest.isEmpty, "OggS".utf8.starts(with: rest) { return false }
            return tail[index + 5] & 4 != 0 ? true : nil
        }
        return false
    }
}
