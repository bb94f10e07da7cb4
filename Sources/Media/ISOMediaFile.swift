internal import JobModel

/// MP4, MOV, M4A, AVIF and HEIC: a tree of boxes, of which only a few fixed paths are read.
struct ISOMediaFile: MediaReader {
    private var size: (width: UInt64, height: UInt64)?
    private var duration: Double?
    private var hasVideo = false
    private var hasAudio = false
    private var fragments = ISOFragments()

    /// A text has a letter where an old QuickTime box has the highest byte of its size.
    static func isLikely(_ file: FileBytes) -> Bool {
        guard let size = file.bigEndian(at: 0, 4), let name = file.bytes(at: 4, count: 4) else {
            return false
        }
        return size <= 1 || (size >= 8 && (size < 1 << 24 || name.elementsEqual("mdat".utf8)))
    }

    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        if let brand = brand(of: file) { facts = Self.facts(brand: brand) }
        let found = ISOMediaFile(file)
        facts.setSize(found.size)
        if facts.kind == .image { return }
        if found.hasAudio, !found.hasVideo {
            facts = MediaFacts(kind: .audio, mediaType: "audio/mp4", fileExtension: "m4a")
        }
        facts.duration = found.duration
    }

    /// The main brand, or a more exact one of the others if the main one only means "a picture".
    private static func brand(of file: FileBytes) -> String? {
        guard let start = file.chunks(.iso).first(where: { _ in true }),
            start.name == "ftyp" || start.name == "styp"
        else { return nil }
        let end = min(start.contents.upperBound, start.contents.lowerBound + 1024)
        let names = stride(from: start.contents.lowerBound, to: end, by: 4).compactMap { offset in
            file.bytes(at: offset, count: 4).map { String(decoding: $0, as: UTF8.self) }
        }
        guard let main = names.first, ["mif1", "msf1", "miaf"].contains(main) else { return names.first }
        return names.first { ["avif", "avis"].contains($0) } ?? main
    }

    private static func facts(brand: String) -> MediaFacts {
        switch brand {
        case "avif", "avis": MediaFacts(kind: .image, mediaType: "image/avif", fileExtension: "avif")
        case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "miaf":
            MediaFacts(kind: .image, mediaType: "image/heic", fileExtension: "heic")
        case "M4A ", "M4B ", "M4P ": MediaFacts(kind: .audio, mediaType: "audio/mp4", fileExtension: "m4a")
        case "qt  ": MediaFacts(kind: .video, mediaType: "video/quicktime", fileExtension: "mov")
        case _ where brand.hasPrefix("3g"):
            MediaFacts(kind: .video, mediaType: "video/3gpp", fileExtension: "3gp")
        default: MediaFacts(kind: .video, mediaType: "video/mp4", fileExtension: "mp4")
        }
    }

    private init(_ file: FileBytes) {
        var indexed: Double?
        for box in file.chunks(.iso) {
            switch box.name {
            case "moov": readMovie(file, box.contents)
            case "meta": size = size ?? ISOPicture(file, box.contents).size
            case "sidx": indexed = indexed ?? Self.indexedDuration(file, box.contents)
            case "moof" where duration == nil: fragments.read(file, box.contents)
            default: break
            }
            // Fragments follow the movie that describes them.
            if box.name == "moof", duration != nil { break }
        }
        // Fragments that were not all seen say nothing.
        let isComplete = !file.isExhausted && file.missing == nil
        duration = duration ?? (isComplete ? fragments.duration : nil) ?? indexed
    }

    /// The boxes fill the file to its last byte, and the required ones are there.
    static func wholeness(of file: FileBytes) -> Wholeness {
        var boxes = file.chunks(.iso)
        var found: [Chunk.Name: Chunk] = [:]
        var last: Chunk.Name?
        var isOpenEnded = false
        while let box = boxes.next() {
            if box.isCut { return .cut }
            isOpenEnded = isOpenEnded || box.isOpenEnded
            last = box.name
            if found[box.name] == nil { found[box.name] = box }
        }
        guard boxes.position == file.size else { return .unknown }
        guard let movie = found["moov"] else {
            // Of a picture, only the list of its items could tell whether another `mdat` should follow.
            return found["meta"] == nil && found["moof"] == nil ? .cut : .unknown
        }
        if last == "moof" { return .cut }
        let isFragmented = file.chunks(.iso, in: movie.contents).contains { $0.name == "mvex" }
        // Fragments end with an index, or with no mark at all: then more may follow.
        if isFragmented { return found["mfra"] == nil || found["moof"] == nil ? .unknown : .whole }
        return found["mdat"] == nil ? .cut : isOpenEnded ? .unknown : .whole
    }

    private mutating func readMovie(_ file: FileBytes, _ range: Range<Int64>) {
        var timescale: UInt64 = 0
        var extended: UInt64?
        for box in file.chunks(.iso, in: range) {
            let start = box.contents.lowerBound
            let isLong = file.bigEndian(at: start, 1) == 1
            switch box.name {
            case "mvhd":
                timescale = file.bigEndian(at: start + (isLong ? 20 : 12), 4) ?? 0
                let length = isLong ? file.bigEndian(at: start + 24, 8) : file.bigEndian(at: start + 16, 4)
                duration = Self.seconds(length, timescale, isLong: isLong)
            case "trak": readTrack(file, box.contents)
            case "mvex":
                for child in file.chunks(.iso, in: box.contents) {
                    if child.name == "trex" { fragments.readDefaults(file, child) }
                    guard child.name == "mehd" else { continue }
                    let start = child.contents.lowerBound
                    let isLong = file.bigEndian(at: start, 1) == 1
                    extended = file.bigEndian(at: start + 4, isLong ? 8 : 4)
                }
            default: break
            }
        }
        duration = duration ?? Self.seconds(extended, timescale, isLong: true)
    }

    private mutating func readTrack(_ file: FileBytes, _ range: Range<Int64>) {
        var size: (width: UInt64, height: UInt64)?
        var handler = ""
        var (id, timescale): (UInt64?, UInt64?)
        for box in file.chunks(.iso, in: range) {
            let start = box.contents.lowerBound
            if box.name == "tkhd" {
                let isLong = file.bigEndian(at: start, 1) == 1
                id = file.bigEndian(at: start + (isLong ? 20 : 12), 4)
                let sizes = start + (isLong ? 88 : 76)
                // Fixed point: the upper half holds the whole pixels.
                if let width = file.bigEndian(at: sizes, 4), let height = file.bigEndian(at: sizes + 4, 4) {
                    size = (width >> 16, height >> 16)
                }
            }
            guard box.name == "mdia" else { continue }
            for child in file.chunks(.iso, in: box.contents) {
                let start = child.contents.lowerBound
                if child.name == "hdlr" {
                    handler = String(decoding: file.bytes(at: start + 8, count: 4) ?? [], as: UTF8.self)
                } else if child.name == "mdhd" {
                    timescale = file.bigEndian(at: start + (file.bigEndian(at: start, 1) == 1 ? 20 : 12), 4)
                }
            }
        }
        if let id { fragments.timescales[id] = timescale }
        if handler == "soun" { hasAudio = true }
        guard handler == "vide", !hasVideo else { return }
        hasVideo = true
        self.size = size
    }

    /// The sum of the segments in an index.
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
        // All ones mean "not known".
        if length == .max || (!isLong && length == 0xFFFF_FFFF) { return nil }
        return Double(length) / Double(timescale)
    }
}
