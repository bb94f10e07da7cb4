import Glibc

@testable import Downloader
@testable import Media

/// Small files of each format, built byte by byte.
enum SampleFile {
    static let all: [(name: String, bytes: [UInt8])] = [
        ("png", png(3, 5)), ("jpeg", jpeg(640, 480)), ("progressive jpeg", jpeg(9, 7, frame: 0xC2)),
        ("gif", gif(17, 19)), ("webp lossy", webpLossy(176, 144)),
        ("webp lossless", webpLossless(300, 16384)),
        ("webp extended", webpExtended(4096, 2)), ("mp4", mp4()), ("mp4, movie last", mp4(movieFirst: false)),
        ("mp4, long fields", mp4(long: true)), ("mp4, fragments", fragmentedMP4()), ("webm", webm()),
        ("webm, live", webm(knownSize: false)), ("avif", avif(64, 32)), ("wav", wav()),
    ]

    // MARK: pictures

    static func png(_ width: UInt32, _ height: UInt32) -> [UInt8] {
        let header = big(13) + text("IHDR") + big(width) + big(height) + [8, 2, 0, 0, 0] + big(0)
        let data = big(4) + text("IDAT") + [1, 2, 3, 4] + big(0)
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + header + data + pngEnd
    }

    static let pngEnd: [UInt8] = [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]

    /// With an EXIF segment that holds a thumbnail, a colour profile, and a Huffman table before the frame.
    static func jpeg(_ width: UInt16, _ height: UInt16, frame: UInt8 = 0xC0) -> [UInt8] {
        let thumbnail: [UInt8] = [0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0, 0xFF, 0xD9]
        var file: [UInt8] = [0xFF, 0xD8]
        file += segment(0xE1, text("Exif\0\0") + thumbnail)
        file += segment(0xE2, text("ICC_PROFILE\0") + [UInt8](repeating: 0xFF, count: 300))
        file += segment(0xC4, [0] + [UInt8](repeating: 0, count: 16))
        file += [0xFF, 0xFF]
        file += segment(frame, [8] + big(height) + big(width) + [1, 1, 0x11, 0])
        file += segment(0xDA, [1, 1, 0, 0, 63, 0])
        return file + [0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56, 0xFF, 0xD9]
    }

    /// The first of several pictures, with the index that Ultra HDR and stereo cameras write.
    static func indexedJPEG(_ width: UInt16, _ height: UInt16) -> [UInt8] {
        let picture = jpeg(width, height)
        return picture.prefix(2) + segment(0xE2, text("MPF\0MM\0*") + big(8)) + picture.dropFirst(2)
    }

    static func segment(_ marker: UInt8, _ contents: [UInt8]) -> [UInt8] {
        [0xFF, marker] + big(UInt16(contents.count + 2)) + contents
    }

    /// With colour tables, an extension, two frames, and the trailer's byte inside the picture.
    static func gif(_ width: UInt16, _ height: UInt16) -> [UInt8] {
        let table: [UInt8] = [0, 0, 0, 255, 255, 255]
        var frame: [UInt8] = [0x2C, 0, 0, 0, 0] + little(width) + little(height) + [0x80] + table
        frame += [2, 4, 0x3B, 0x3B, 0x3B, 0x3B, 1, 0x3B, 0]
        let loop: [UInt8] = [0x21, 0xFF, 11] + text("NETSCAPE2.0") + [3, 1, 0, 0, 0]
        return text("GIF89a") + little(width) + little(height) + [0x80, 0, 0] + table + loop + frame + frame
            + [0x3B]
    }

    static func webpLossy(_ width: UInt16, _ height: UInt16) -> [UInt8] {
        // The upper bits are a scale.
        let frame: [UInt8] =
            [0x30, 0x01, 0x00, 0x9D, 0x01, 0x2A] + little(width | 0x4000) + little(height) + [9, 9]
        return riff("WEBP", text("VP8 ") + little(UInt32(frame.count)) + frame)
    }

    static func webpLossless(_ width: UInt32, _ height: UInt32) -> [UInt8] {
        let frame: [UInt8] = [0x2F] + little((width - 1) | (height - 1) << 14 | 1 << 28) + [7]
        return riff("WEBP", text("VP8L") + little(UInt32(frame.count)) + frame)
    }

    static func webpExtended(_ width: UInt32, _ height: UInt32) -> [UInt8] {
        let header: [UInt8] = [0, 0, 0, 0] + little(width - 1).prefix(3) + little(height - 1).prefix(3)
        return riff("WEBP", text("VP8X") + little(UInt32(header.count)) + header)
    }

    static func riff(_ form: String, _ contents: [UInt8]) -> [UInt8] {
        text("RIFF") + little(UInt32(contents.count + 4)) + text(form) + contents
    }

    static func wav() -> [UInt8] {
        riff(
            "WAVE",
            text("fmt ") + little(UInt32(16)) + [UInt8](repeating: 1, count: 16) + text("data")
                + little(UInt32(0)))
    }

    /// The second item is the picture, the first one a larger gain map; both lie in `mdat`, or in `idat`.
    static func avif(_ width: UInt32, _ height: UInt32, properties: [[UInt8]] = [], inside: Bool = false)
        -> [UInt8]
    {
        func size(_ width: UInt32, _ height: UInt32) -> [UInt8] {
            box("ispe", big(0) + big(width) + big(height))
        }
        let all = [size(width * 2, height * 2), size(width, height)] + properties
        let numbers = (2..<2 + UInt8(all.count - 1)).map { $0 | 0x80 }
        var links: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 1, 1, 0, 2, UInt8(numbers.count)]
        links += numbers
        let shapes = box("iprp", box("ipco", all.flatMap { $0 }) + box("ipma", links))
        func items(at place: Int) -> [UInt8] {
            var list: [UInt8] = [1, 0, 0, 0, 0x44, 0, 0, 2]
            for id: UInt8 in 1...2 {
                list += [0, id, 0, inside ? 1 : 0, 0, 0, 0, 1]
                list += big(UInt32(place + Int(id - 1) * 2))
                list += [0, 0, 0, 2]
            }
            return box("iloc", list)
        }
        func file(_ place: Int) -> [UInt8] {
            let primary = box("pitm", big(0) + big(UInt16(2)))
            let data = inside ? box("idat", [1, 2, 3, 4]) : []
            return box("ftyp", text("avif") + big(0) + text("mif1"))
                + box("meta", big(0) + primary + items(at: inside ? 0 : place) + shapes + data)
                + (inside ? [] : box("mdat", [1, 2, 3, 4]))
        }
        return file(file(0).count - 4)
    }

    /// A clean aperture.
    static func clap(_ width: Int, _ height: Int) -> [UInt8] {
        box("clap", [width, 1, height, 1, 0, 1, 0, 1].flatMap { big($0) })
    }

    // MARK: films

    static func box(_ type: String, _ contents: [UInt8]) -> [UInt8] {
        big(UInt32(contents.count + 8)) + text(type) + contents
    }

    /// 1280x720, 12.5 seconds, with a sound track before the picture's.
    static func mp4(
        brand: String = "isom", movieFirst: Bool = true, long: Bool = false, withVideo: Bool = true,
        data: [UInt8] = [1, 2, 3]
    ) -> [UInt8] {
        let start = box("ftyp", text(brand) + big(512) + text("iso2mp41"))
        var tracks = track(0, 0, "soun", long: long)
        if withVideo { tracks += track(1280, 720, "vide", long: long) }
        let movie = box("moov", movieHeader(timescale: 1000, duration: 12_500, long: long) + tracks)
        let film =
            long
            ? big(1) + text("mdat") + big(UInt64(data.count + 16)) + data : box("mdat", data)
        return start + box("free", []) + (movieFirst ? movie + film : film + movie)
    }

    /// The header says nothing, the extension header says 8 s, a segment index follows.
    static func fragmentedMP4(header: UInt64? = 8000, closed: Bool = true) -> [UInt8] {
        let extends = box("mvex", header.map { box("mehd", [1, 0, 0, 0] + big($0)) } ?? [])
        let movie = box(
            "moov",
            movieHeader(timescale: 1000, duration: 0, long: false) + track(320, 240, "vide", long: false)
                + extends)
        var index = big(0) + big(1) + big(90_000) + big(0) + big(0) + big(UInt16(0)) + big(UInt16(2))
        for length: UInt32 in [90_000, 45_000] { index += big(100) + big(length) + big(0) }
        let fragment = box("moof", box("mfhd", big(0) + big(1))) + box("mdat", [9, 9, 9])
        return box("ftyp", text("iso5") + big(0)) + movie + box("sidx", index) + fragment + fragment
            + (closed ? box("mfra", big(0)) : [])
    }

    private static func movieHeader(timescale: UInt32, duration: UInt32, long: Bool) -> [UInt8] {
        let rest = [UInt8](repeating: 0, count: 80)
        return long
            ? box(
                "mvhd",
                [1, 0, 0, 0] + big(UInt64(7)) + big(UInt64(7)) + big(timescale) + big(UInt64(duration)) + rest
            )
            : box("mvhd", big(0) + big(7) + big(7) + big(timescale) + big(duration) + rest)
    }

    private static func track(_ width: UInt32, _ height: UInt32, _ handler: String, long: Bool) -> [UInt8] {
        let size = big(width << 16) + big(height << 16)
        let header = box(
            "tkhd", [long ? 1 : 0, 0, 0, 7] + [UInt8](repeating: 0, count: long ? 84 : 72) + size)
        let media = box(
            "mdia", box("hdlr", big(0) + big(0) + text(handler) + [UInt8](repeating: 0, count: 13)))
        return box("trak", header + media)
    }

    // MARK: Matroska

    static func element(_ id: [UInt8], _ contents: [UInt8]) -> [UInt8] {
        id + [0x40 | UInt8(contents.count >> 8), UInt8(contents.count & 0xFF)] + contents
    }

    /// 854x480, 2.5 seconds.
    static func webm(knownSize: Bool = true, type: String = "webm", withVideo: Bool = true) -> [UInt8] {
        let header = element([0x1A, 0x45, 0xDF, 0xA3], element([0x42, 0x82], text(type)))
        let info = element(
            [0x15, 0x49, 0xA9, 0x66],
            element([0x2A, 0xD7, 0xB1], big(UInt32(500_000)))
                + element([0x44, 0x89], big(Float(5000).bitPattern)))
        let picture = element(
            [0xAE],
            element([0x83], [1])
                + element([0xE0], element([0xB0], big(UInt16(854))) + element([0xBA], big(UInt16(480)))))
        let sound = element([0xAE], element([0x83], [2]))
        let tracks = element([0x16, 0x54, 0xAE, 0x6B], sound + (withVideo ? picture : []))
        let cluster = element([0x1F, 0x43, 0xB6, 0x75], [0xE7, 0x81, 0, 0xA3, 0x84, 1, 2, 3, 4])
        let contents = info + element([0xEC], [0, 0, 0]) + tracks + cluster
        let id: [UInt8] = [0x18, 0x53, 0x80, 0x67]
        let unknown: [UInt8] = [0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        return header + (knownSize ? element(id, contents) : id + unknown + contents)
    }

    /// As gzip, stored: no byte is changed.
    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var checksum = ~UInt32(0)
        for byte in bytes {
            checksum ^= UInt32(byte)
            for _ in 0..<8 { checksum = checksum & 1 == 0 ? checksum >> 1 : checksum >> 1 ^ 0xEDB8_8320 }
        }
        let count = UInt16(bytes.count)
        return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1] + little(count) + little(~count) + bytes
            + little(~checksum)
            + little(UInt32(count))
    }

    // MARK: sound and others

    /// 128 kbit/s, 44.1 kHz: frames of 417 bytes. `noted` of them are noted in one more, in front.
    static func mp3(frames: Int, noted: UInt32? = nil, tag: Bool = true) -> [UInt8] {
        let head: [UInt8] = [0xFF, 0xFB, 0x90, 0x00]
        let sound = head + [UInt8](repeating: 0, count: 413)
        let note = noted.map { count in
            head + [UInt8](repeating: 0, count: 32) + text("Info") + big(1) + big(count)
                + [UInt8](repeating: 0, count: 413 - 44)
        }
        return (tag ? text("ID3") + [4, 0, 0, 0, 0, 0, 3, 1, 2, 3] : []) + (note ?? [])
            + (0..<frames).flatMap { _ in sound }
    }

    /// 44.1 kHz: frames of 100 bytes.
    static func aac(frames: Int) -> [UInt8] {
        (0..<frames).flatMap { _ in
            [0xFF, 0xF1, 4 << 2, 0, UInt8(100 >> 3), UInt8(100 & 7) << 5, 0]
                + [UInt8](repeating: 7, count: 93)
        }
    }

    static func ogg(closed: Bool = true) -> [UInt8] {
        func page(_ flags: UInt8) -> [UInt8] {
            text("OggS\0") + [flags] + [UInt8](repeating: 0, count: 20) + [2, 255, 10]
                + [UInt8](repeating: 9, count: 265)
        }
        return page(2) + page(closed ? 4 : 0)
    }

    /// 3x2; a negative height means that the top row comes first.
    static func bmp() -> [UInt8] {
        let header: [UInt8] = [40, 0, 0, 0, 3, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 1, 0, 24, 0]
        let pixels = [UInt8](repeating: 7, count: 24)
        return text("BM") + little(UInt32(78)) + big(0) + little(UInt32(54)) + header
            + [UInt8](repeating: 0, count: 24) + pixels
    }

    static func png(with chunk: [UInt8], named name: String) -> [UInt8] {
        let whole = png(3, 5)
        return Array(whole[..<33]) + big(chunk.count) + text(name) + chunk + big(0) + whole[33...]
    }

    // MARK: numbers

    static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    static func big(_ value: Int) -> [UInt8] { big(UInt32(value)) }

    static func big<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
        (0..<Number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    static func little<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] { big(value).reversed() }
}
