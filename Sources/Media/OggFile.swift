internal import JobModel

enum OggFile: MediaReader {
    /// The longest page: a header, the sizes of 255 segments, and the segments.
    private static let longestPage = 27 + 255 + 255 * 255

    private struct Page {
        var start: Int
        var length: Int
    }

    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        let first = Array(file.bytes(at: 28, count: Int(min(60, max(0, file.size - 28)))) ?? [])
        if first.starts(with: [0x80] + Array("theora".utf8)) {
            facts = MediaFacts(kind: .video, mediaType: "video/ogg", fileExtension: "ogv")
            return
        }
        var (rate, skipped): (UInt64, UInt64) = (0, 0)
        if first.starts(with: Array("OpusHead".utf8)) {
            (rate, skipped) = (48_000, file.littleEndian(at: 28 + 10, 2) ?? 0)
        } else if first.starts(with: [1] + Array("vorbis".utf8)) {
            rate = file.littleEndian(at: 28 + 12, 4) ?? 0
        } else if first.starts(with: [0x7F] + Array("FLAC".utf8)) {
            rate = (file.bigEndian(at: 28 + 27, 3) ?? 0) >> 4
        }
        let tail = file.tail(longestPage)
        guard rate > 0, let page = lastPage(tail) else { return }
        // The number of samples up to the end of the page; all ones if no packet ends in it.
        let samples = tail[(page.start + 6)...].prefix(8).reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        if samples < 1 << 62, samples > skipped {
            facts.setDuration(Double(samples - skipped), rate: Double(rate))
        }
    }

    /// The last page is complete and marked as the last. A live recording never marks one.
    static func wholeness(of file: FileBytes) -> Wholeness {
        let tail = file.tail(longestPage)
        guard let page = lastPage(tail), page.start + page.length <= tail.endIndex else { return .cut }
        let rest = tail[(page.start + page.length)...].prefix(4)
        // The start of another page's header.
        if !rest.isEmpty, "OggS".utf8.starts(with: rest) { return .cut }
        return tail[page.start + 5] & 4 != 0 ? .whole : .unknown
    }

    private static func lastPage(_ tail: ArraySlice<UInt8>) -> Page? {
        if tail.count < 27 { return nil }
        for index in (tail.startIndex...tail.endIndex - 27).reversed()
        where tail[index] == 0x4F && tail[index..<index + 5].elementsEqual(Array("OggS\0".utf8)) {
            let sizes = tail[(index + 27)...].prefix(Int(tail[index + 26]))
            return Page(start: index, length: 27 + Int(tail[index + 26]) + sizes.reduce(0) { $0 + Int($1) })
        }
        return nil
    }
}
