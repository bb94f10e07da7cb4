import Scratch

/// Changes inputs as a fuzzer does, and makes the same ones in each run.
struct Mutator {
    private let seeds: [[UInt8]]
    private var numbers = SeededNumbers(2026)

    private static let morsels: [[UInt8]] =
        [
            "\"", "\\", "\\ud800", "[[[[", "{\"", "}", "]", ",", ":", "=", ":=", "\n", "\r", "\0",
            "\u{1B}[2J", "../", "/", "{id}", "{", "}", "-", "--", "1e999999", "-0", "9223372036854775807",
            "-9223372036854775808", "99999999999999999999", "0", "null", "true", "é", "e\u{301}", "\u{202E}",
            "\u{FEFF}", "👩‍👩‍👧", "%00", "@", "//", "\\\\", "ms", "h", "T", "Z", "+99:99", "12-31", "GiB", "*",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0, 0, 0, 1], [0x7F, 0xFF, 0xFF, 0xFF],
        ]

    init(_ seeds: [[UInt8]]) { self.seeds = seeds }

    mutating func next() -> [UInt8] {
        var bytes = seeds[below(seeds.count)]
        for _ in 0...below(4) {
            let place = below(bytes.count + 1)
            switch below(6) {
            case 0: bytes.insert(contentsOf: Self.morsels[below(Self.morsels.count)], at: place)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(8)))
            case 2 where place < bytes.count: bytes[place] ^= 1 << UInt8(below(8))
            case 3 where place < bytes.count: bytes[place] = [0, 1, 0x20, 0x7F, 0x80, 0xFF][below(6)]
            case 4:
                let other = seeds[below(seeds.count)]
                bytes = Array(bytes[..<place]) + other.dropFirst(below(other.count + 1))
            default:
                let end = min(bytes.count, place + below(16))
                for _ in 0..<below(12) { bytes.insert(contentsOf: Array(bytes[place..<end]), at: place) }
            }
            bytes = Array(bytes.prefix(1 << 14))
        }
        return bytes
    }

    private mutating func below(_ bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &numbers)
    }
}
