internal import JobModel

/// WebM and Matroska.
struct MatroskaFile: MediaReader {
    private var size: (width: UInt64, height: UInt64)?
    private var duration: Double?
    private var hasVideo = false
    private var hasAudio = false

    private enum ID {
        static let documentType: Chunk.Name = 0x4282
        static let segment: Chunk.Name = 0x1853_8067
        static let info: Chunk.Name = 0x1549_A966
        static let timestampScale: Chunk.Name = 0x2A_D7B1
        static let duration: Chunk.Name = 0x4489
        static let tracks: Chunk.Name = 0x1654_AE6B
        static let track: Chunk.Name = 0xAE
        static let trackType: Chunk.Name = 0x83
        static let video: Chunk.Name = 0xE0
        static let pixelWidth: Chunk.Name = 0xB0
        static let pixelHeight: Chunk.Name = 0xBA
    }

    private static func documentType(of file: FileBytes) -> String {
        var top = file.chunks(.matroska)
        guard let header = top.next() else { return "" }
        for element in file.chunks(.matroska, in: header.contents) where element.name == ID.documentType {
            let text = file.bytes(at: element.contents.lowerBound, count: min(element.contents.count, 16))
            return String(decoding: (text ?? []).prefix { $0 != 0 }, as: UTF8.self)
        }
        return ""
    }

    private init(_ file: FileBytes) {
        guard let segment = Self.segment(of: file) else { return }
        var seen = 0
        for element in file.chunks(.matroska, in: segment.contents) {
            switch element.name {
            case ID.info:
                readInfo(file, element.contents)
                seen += 1
            case ID.tracks:
                readTracks(file, element.contents)
                seen += 1
            default: break
            }
            if seen == 2 { break }
        }
    }

    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {
        let found = MatroskaFile(file)
        let isSound = found.hasAudio && !found.hasVideo
        if documentType(of: file) == "webm" {
            (facts.mediaType, facts.fileExtension) = (isSound ? "audio/webm" : "video/webm", "webm")
        } else if isSound {
            (facts.mediaType, facts.fileExtension) = ("audio/x-matroska", "mka")
        }
        if isSound { facts.kind = .audio }
        facts.setSize(found.size)
        facts.duration = found.duration
    }

    /// The one segment names its size. That of a live recording does not, but its blocks do.
    static func wholeness(of file: FileBytes) -> Wholeness {
        guard let segment = segment(of: file) else { return .cut }
        if !segment.isOpenEnded { return segment.isCut ? .cut : .whole }
        var rest: Range<Int64>? = segment.contents
        while let range = rest {
            rest = nil
            for element in file.chunks(.matroska, in: range) {
                if element.isCut { return .cut }
                // It reaches to the end of the file, so the next of its kind is inside.
                if element.isOpenEnded { rest = element.contents }
            }
        }
        return .unknown
    }

    private static func segment(of file: FileBytes) -> Chunk? {
        file.chunks(.matroska).first { $0.name == ID.segment }
    }

    private mutating func readInfo(_ file: FileBytes, _ range: Range<Int64>) {
        var scale: UInt64 = 1_000_000
        var ticks: Double?
        for element in file.chunks(.matroska, in: range) {
            if element.name == ID.timestampScale { scale = Self.integer(file, element) ?? scale }
            if element.name == ID.duration { ticks = Self.real(file, element) }
        }
        guard let ticks, ticks.isFinite, ticks > 0 else { return }
        let seconds = ticks * Double(scale) / 1e9
        duration = seconds.isFinite && seconds > 0 ? seconds : nil
    }

    private mutating func readTracks(_ file: FileBytes, _ range: Range<Int64>) {
        for track in file.chunks(.matroska, in: range) where track.name == ID.track {
            var type: UInt64?
            var found: (width: UInt64, height: UInt64) = (0, 0)
            for element in file.chunks(.matroska, in: track.contents) {
                if element.name == ID.trackType { type = Self.integer(file, element) }
                guard element.name == ID.video else { continue }
                for child in file.chunks(.matroska, in: element.contents) {
                    if child.name == ID.pixelWidth { found.width = Self.integer(file, child) ?? 0 }
                    if child.name == ID.pixelHeight { found.height = Self.integer(file, child) ?? 0 }
                }
            }
            if type == 2 { hasAudio = true }
            if type == 1, !hasVideo {
                hasVideo = true
                size = found
            }
        }
    }

    private static func integer(_ file: FileBytes, _ element: Chunk) -> UInt64? {
        guard element.contents.count <= 8 else { return nil }
        return file.bigEndian(at: element.contents.lowerBound, element.contents.count)
    }

    private static func real(_ file: FileBytes, _ element: Chunk) -> Double? {
        guard let bits = integer(file, element) else { return nil }
        switch element.contents.count {
        case 4: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case 8: return Double(bitPattern: bits)
        default: return nil
        }
    }
}
