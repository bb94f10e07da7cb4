/// The pieces that a film in fragments is made of, as far as their lengths go.
struct ISOFragments {
    /// Ticks a second.
    var timescales: [UInt64: UInt64] = [:]
    /// What a sample lasts where its fragment does not say, by track.
    private var defaults: [UInt64: UInt64] = [:]
    private var ends: [UInt64: UInt64] = [:]

    /// The end of the longest track, in seconds.
    var duration: Double? {
        let seconds = ends.compactMap { track, end in
            timescales[track].flatMap { $0 > 0 ? Double(end) / Double($0) : nil }
        }
        return seconds.max().flatMap { $0 > 0 ? $0 : nil }
    }

    mutating func readDefaults(_ file: FileBytes, _ extends: ISOBox) {
        let place = extends.contents.lowerBound
        guard let track = file.bigEndian(at: place + 4, 4) else { return }
        defaults[track] = file.bigEndian(at: place + 12, 4)
    }

    mutating func read(_ file: FileBytes, _ fragment: Range<Int64>) {
        for box in ISOBoxes(file, in: fragment) where box.type == "traf" { readTrack(file, box.contents) }
    }

    private mutating func readTrack(_ file: FileBytes, _ range: Range<Int64>) {
        var track: UInt64 = 0
        var sampleTime: UInt64 = 0
        var end: UInt64 = 0
        for box in ISOBoxes(file, in: range) {
            let place = box.contents.lowerBound
            guard let flags = file.bigEndian(at: place + 1, 3) else { return }
            switch box.type {
            case "tfhd":
                track = file.bigEndian(at: place + 4, 4) ?? 0
                let before: Int64 = (flags & 1 == 0 ? 0 : 8) + (flags & 2 == 0 ? 0 : 4)
                let own = flags & 8 == 0 ? nil : file.bigEndian(at: place + 8 + before, 4)
                sampleTime = own ?? defaults[track] ?? 0
                end = ends[track] ?? 0
            case "tfdt":
                let isLong = file.bigEndian(at: place, 1) == 1
                end = file.bigEndian(at: place + 4, isLong ? 8 : 4) ?? end
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
