internal import JobModel

/// WebM and Matroska.
struct MatroskaFile: MediaReader {
    private var size: (width: UInt64, height: UInt64)?
    private var duration: Double?
    private var hasVideo = false
    private var hasAudio = false

    private enum ID {
        static let documentType: UInt64 = 0x4282
        static let segment: UInt64 = 0x1853_8067
        static let info: UInt64 = 0x1549_A966
        static let timestampScale: UInt64 = 0x2A_D7B1
        static let duration: UInt64 = 0x4489
        static let tracks: UInt64 = 0x1654_AE6B
        static let track: UInt64 = 0xAE
        static let trackType: UInt64 = 0x83
        static let video: UInt64 = 0xE0
        static let pixelWidth: UInt64 = 0xB0
        static let pixelHeight: UInt64 = 0xBA
    }

    private static func documentType(of file: FileBytes) -> String {
        var top = EBMLElements(file, in: 0..<file.size)
        guard let header = top.next() else { return "" }
        for element in EBMLElements(file, in: header.contents) where element.id == ID.documentType {
            let text = file.bytes(at: element.contents.lowerBound, count: min(element.contents.count, 16))
            return String(decoding: (text ?? []).prefix { $0 != 0 }, as: UTF8.self)
        }
        return ""
    }

    private init(_ file: FileBytes) {
        guard let segment = Self.segment(of: file) else { return }
        var seen = 0
        for element in EBMLElements(file, in: segment.contents) {
            switch element.id {
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

    /// The size of the one segment; a live recording names none, but its blocks have theirs.
    static func wholeness(of file: FileBytes) -> Wholeness {
        guard let segment = segment(of: file) else { return .cut }
        if !segment.isOpenEnded { return segment.isCut ? .cut : .whole }
        var rest: Range<Int64>? = segment.contents
        while let range = rest {
            rest = nil
            for element in EBMLElements(file, in: range) {
                if element.isCut { return .cut }
                // It reaches to the end of the file: the next of its kind stands inside.
                if element.isOpenEnded { rest = element.contents }
            }
        }
        return .unknown
    }

    private static func segment(of file: FileBytes) -> EBMLElement? {
        EBMLElements(file, in: 0..<file.size).first { $0.id == ID.segment }
    }

    private mutating func readInfo(_ file: FileBytes, _ range: Range<Int64>) {
        var scale: UInt64 = 1_000_000
        var ticks: Double?
        for element in EBMLElements(file, in: range) {
            if element.id == ID.timestampScale { scale = Self.integer(file, element) ?? scale }
            if element.id == ID.duration { ticks = Self.real(file, element) }
        }
        guard let ticks, ticks.isFinite, ticks > 0 else { return }
        let seconds = ticks * Double(scale) / 1e9
        duration = seconds.isFinite && seconds > 0 ? seconds : nil
    }

    private mutating func readTracks(_ file: FileBytes, _ range: Range<Int64>) {
        for track in EBMLElements(file, in: range) where track.id == ID.track {
            var type: UInt64?
            var found: (width: UInt64, height: UInt64) = (0, 0)
            for element in EBMLElements(file, in: track.contents) {
                if element.id == ID.trackType { type = Self.integer(file, element) }
                guard element.id == ID.video else { continue }
                for child in EBMLElements(file, in: element.contents) {
                    if child.id == ID.pixelWidth { found.width = Self.integer(file, child) ?? 0 }
                    if child.id == ID.pixelHeight { found.height = Self.integer(file, child) ?? 0 }
                }
            }
            if type == 2 { hasAudio = true }
            if type == 1, !hasVideo {
                hasVideo = true
                size = found
            }
        }
    }

    private static func integer(_ file: FileBytes, _ element: EBMLElement) -> UInt64? {
        guard element.contents.count <= 8 else { return nil }
        return file.bigEndian(at: element.contents.lowerBound, element.contents.count)
    }

    private static func real(_ file: FileBytes, _ element: EBMLElement) -> Double? {
        guard let bits = integer(file, element) else { return nil }
        switch element.contents.count {
        case 4: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case 8: return Double(bitPattern: bits)
        default: return nil
        }
    }
}
