/// The durations of the fragments in a fragmented film.
struct ISOFragments {
    /// Ticks a second.
    var timescales: [UInt64: UInt64] = [:]
    /// The duration of a sample whose fragment gives none, by track.
    private var defaults: [UInt64: UInt64] = [:]
    private var ends: [UInt64: UInt64] = [:]

    /// The end of the longest track, in seconds.
    var duration: Double? {
        let seconds = ends.compactMap { track, end in
            timescales[track].flatMap { $0 > 0 ? Double(end) / Double($0) : nil }
        }
        return seconds.max().flatMap { $0 > 0 ? $0 : nil }
    }

    mutating func readDefaults(_ file: FileBytes, _ extends: Chunk) {
        let start = extends.contents.lowerBound
        guard let track = file.bigEndian(at: start + 4, 4) else { return }
        defaults[track] = file.bigEndian(at: start + 12, 4)
    }

    mutating func read(_ file: FileBytes, _ fragment: Range<Int64>) {
        for box in file.chunks(.iso, in: fragment) where box.name == "traf" { readTrack(file, box.contents) }
    }

    private mutating func readTrack(_ file: FileBytes, _ range: Range<Int64>) {
        var track: UInt64 = 0
        var sampleTime: UInt64 = 0
        var end: UInt64 = 0
        for box in file.chunks(.iso, in: range) {
            let start = box.contents.lowerBound
            guard let flags = file.bigEndian(at: start + 1, 3) else { return }
            switch box.name {
            case "tfhd":
                track = file.bigEndian(at: start + 4, 4) ?? 0
                let before: Int64 = (flags & 1 == 0 ? 0 : 8) + (flags & 2 == 0 ? 0 : 4)
                let own = flags & 8 == 0 ? nil : file.bigEndian(at: start + 8 + before, 4)
                sampleTime = own ?? defaults[track] ?? 0
                end = ends[track] ?? 0
            case "tfdt":
                let isLong = file.bigEndian(at: start, 1) == 1
                end = file.bigEndian(at: start + 4, isLong ? 8 : 4) ?? end
            case "trun": end &+= Self.length(file, box.contents, flags, sampleTime)
            default: break
            }
        }
        ends[track] = max(end, ends[track] ?? 0)
    }

    private static func length(
        _ file: FileBytes, _ range: Range<Int64>, _ flags: UInt64, _ sampleTime: UInt64
    ) -> UInt64 {
        guard let count = file.bigEndian(at: range.lowerBound + 4, 4) else { return 0 }
        if flags & 0x100 == 0 { return count &* sampleTime }
        let step = Int64(((flags >> 8) & 0xF).nonzeroBitCount * 4)
        let first = range.lowerBound + 8 + Int64((flags & 5).nonzeroBitCount * 4)
        let last = min(range.upperBound, first + Int64(count) * step)
        return stride(from: first, to: last, by: Int64.Stride(step)).reduce(0) {
            $0 &+ (file.bigEndian(at: $1, 4) ?? 0)
        }
    }
}
