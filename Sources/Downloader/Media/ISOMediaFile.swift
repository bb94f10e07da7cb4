/// MP4, MOV and their kin (M4A, AVIF, HEIC): a tree of boxes, of which only a few fixed paths are read.
struct ISOMediaFile {
    private var width: UInt64?
    private var height: UInt64?
    private var duration: Double?
    private var hasVideo = false
    private var hasAudio = false

    /// The main brand, "qt  " for old QuickTime files without one; nil where this is no such file.
    static func brand(of file: FileBytes) -> String? {
        guard let name = file.bytes(at: 4, count: 4), let size = file.bigEndian(at: 0, 4) else { return nil }
        switch String(decoding: name, as: UTF8.self) {
        case "ftyp", "styp":
            return file.bytes(at: 8, count: 4).map { String(decoding: $0, as: UTF8.self) }
        case "moov", "mdat", "wide", "free", "skip", "pnot":
            return size <= 1 || size >= 8 ? "qt  " : nil
        default: return nil
        }
    }

    static func facts(brand: String) -> MediaFacts {
        switch brand {
        case "avif", "avis": MediaFacts(kind: .image, mediaType: "image/avif", fileExtension: "avif")
        case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
            MediaFacts(kind: .image, mediaType: "image/heic", fileExtension: "heic")
        case "M4A ", "M4B ", "M4P ": MediaFacts(kind: .audio, mediaType: "audio/mp4", fileExtension: "m4a")
        case "qt  ": MediaFacts(kind: .video, mediaType: "video/quicktime", fileExtension: "mov")
        case _ where brand.hasPrefix("3g"):
            MediaFacts(kind: .video, mediaType: "video/3gpp", fileExtension: "3gp")
        default: MediaFacts(kind: .video, mediaType: "video/mp4", fileExtension: "mp4")
        }
    }

    init(_ file: FileBytes) {
        var indexed: Double?
        walk: for box in ISOBoxes(file, in: 0..<file.size) {
            switch box.type {
            case "moov": readMovie(file, box.contents)
            case "meta": readItems(file, box.contents)
            case "sidx": indexed = indexed ?? Self.indexedDuration(file, box.contents)
            // Fragments follow the movie that describes them; there is nothing to learn behind the first.
            case "moof": break walk
            default: break
            }
        }
        duration = duration ?? indexed
    }

    func complete(_ facts: inout MediaFacts) {
        if let width, let height { facts.setSize((width, height)) }
        guard facts.kind != .image else { return }
        facts.duration = duration
        if hasAudio, !hasVideo {
            facts = MediaFacts(
                kind: .audio, mediaType: "audio/mp4", fileExtension: "m4a", duration: duration)
        }
    }

    /// The boxes fill the file to its last byte, and those without which nothing can be shown are there.
    static func isWhole(_ file: FileBytes) -> Bool? {
        var boxes = ISOBoxes(file, in: 0..<file.size)
        var types: Set<String> = []
        var last: ISOBox?
        while let box = boxes.next() {
            if box.isCut { return false }
            types.insert(box.type)
            last = box
        }
        guard boxes.position == file.size, let last, last.type != "moof" else { return false }
        if types.isDisjoint(with: ["moov", "meta"]) || !types.contains("mdat") { return false }
        // What reaches to the end, or comes in fragments without a closing index, has no end of its own.
        let isOpen = last.isOpenEnded || (types.contains("moof") && !types.contains("mfra"))
        return isOpen ? nil : true
    }

    private mutating func readMovie(_ file: FileBytes, _ range: Range<Int64>) {
        var timescale: UInt64 = 0
        var fragments: UInt64?
        for box in ISOBoxes(file, in: range) {
            let start = box.contents.lowerBound
            let isLong = file.bigEndian(at: start, 1) == 1
            switch box.type {
            case "mvhd":
                timescale = file.bigEndian(at: start + (isLong ? 20 : 12), 4) ?? 0
                let length = isLong ? file.bigEndian(at: start + 24, 8) : file.bigEndian(at: start + 16, 4)
                duration = Self.seconds(length, timescale, isLong: isLong)
            case "trak": readTrack(file, box.contents)
            case "mvex":
                for child in ISOBoxes(file, in: box.contents) where child.type == "mehd" {
                    let place = child.contents.lowerBound
                    let isLong = file.bigEndian(at: place, 1) == 1
                    fragments = file.bigEndian(at: place + 4, isLong ? 8 : 4)
                }
            default: break
            }
        }
        duration = duration ?? Self.seconds(fragments, timescale, isLong: true)
    }

    private mutating func readTrack(_ file: FileBytes, _ range: Range<Int64>) {
        var size: (width: UInt64, height: UInt64)?
        var handler = ""
        for box in ISOBoxes(file, in: range) {
            let start = box.contents.lowerBound
            if box.type == "tkhd" {
                let place = start + (file.bigEndian(at: start, 1) == 1 ? 88 : 76)
                // Fixed point: the upper half are whole pixels.
                if let wide = file.bigEndian(at: place, 4), let high = file.bigEndian(at: place + 4, 4) {
                    size = (wide >> 16, high >> 16)
                }
            } else if box.type == "mdia" {
                for child in ISOBoxes(file, in: box.contents) where child.type == "hdlr" {
                    let name = file.bytes(at: child.contents.lowerBound + 8, count: 4)
                    handler = String(decoding: name ?? [], as: UTF8.self)
                }
            }
        }
        if handler == "soun" { hasAudio = true }
        guard handler == "vide", !hasVideo else { return }
        hasVideo = true
        width = size?.width
        height = size?.height
    }

    /// A picture's size: the largest of the items, since the others are its tiles and its thumbnail.
    private mutating func readItems(_ file: FileBytes, _ range: Range<Int64>) {
        guard range.count > 4 else { return }
        for properties in ISOBoxes(file, in: range.lowerBound + 4..<range.upperBound)
        where properties.type == "iprp" {
            for container in ISOBoxes(file, in: properties.contents) where container.type == "ipco" {
                for box in ISOBoxes(file, in: container.contents) where box.type == "ispe" {
                    let start = box.contents.lowerBound
                    guard let wide = file.bigEndian(at: start + 4, 4),
                        let high = file.bigEndian(at: start + 8, 4),
                        wide * high > (width ?? 0) * (height ?? 0)
                    else { continue }
                    width = wide
                    height = high
                }
            }
        }
    }

    /// The sum of the pieces that a segment index lists.
    private static func indexedDuration(_ file: FileBytes, _ range: Range<Int64>) -> Double? {
        let start = range.lowerBound
        let isLong = file.bigEndian(at: start, 1) == 1
        guard let timescale = file.bigEndian(at: start + 8, 4),
            let count = file.bigEndian(at: start + (isLong ? 30 : 22), 2)
        else { return nil }
        let first = start + (isLong ? 32 : 24)
        var sum: UInt64 = 0
        for index in 0..<Int64(count) {
            guard let length = file.bigEndian(at: first + index * 12 + 4, 4) else { return nil }
            sum += length
        }
        return seconds(sum, timescale, isLong: true)
    }

    private static func seconds(_ length: UInt64?, _ timescale: UInt64, isLong: Bool) -> Double? {
        guard let length, length > 0, timescale > 0 else { return nil }
        // All ones stand for "not known".
        if length == .max || (!isLong && length == 0xFFFF_FFFF) { return nil }
        return Double(length) / Double(timescale)
    }
}
