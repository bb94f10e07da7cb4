import JobModel
import Scratch
import System
import Testing

@testable import Downloader
@testable import Media

@Suite struct MediaProbeTests {
    @Test(arguments: [
        (SampleFile.png(3, 5), "image/png", "png", 3, 5),
        (SampleFile.jpeg(640, 480), "image/jpeg", "jpg", 640, 480),
        (SampleFile.jpeg(9, 7, frame: 0xC2), "image/jpeg", "jpg", 9, 7),
        (SampleFile.jpeg(9, 7, frame: 0xCF), "image/jpeg", "jpg", 9, 7),
        (SampleFile.gif(17, 19), "image/gif", "gif", 17, 19),
        (SampleFile.webpLossy(176, 144), "image/webp", "webp", 176, 144),
        (SampleFile.webpLossless(300, 16384), "image/webp", "webp", 300, 16384),
        (SampleFile.webpExtended(4096, 2), "image/webp", "webp", 4096, 2),
        (SampleFile.avif(64, 32), "image/avif", "avif", 64, 32),
    ])
    func `pictures tell their format and size`(
        bytes: [UInt8], type: String, fileExtension: String, width: Int, height: Int
    ) throws {
        let expected = MediaFacts(
            kind: .image, mediaType: type, fileExtension: fileExtension, width: width, height: height)
        #expect(try NamelessFile(bytes).facts() == expected)
    }

    @Test(arguments: [
        (SampleFile.mp4(), "video/mp4", "mp4", 1280, 720, 12.5),
        (SampleFile.mp4(movieFirst: false), "video/mp4", "mp4", 1280, 720, 12.5),
        (SampleFile.mp4(long: true), "video/mp4", "mp4", 1280, 720, 12.5),
        (SampleFile.mp4(brand: "qt  "), "video/quicktime", "mov", 1280, 720, 12.5),
        (SampleFile.fragmentedMP4(), "video/mp4", "mp4", 320, 240, 8),
        (SampleFile.fragmentedMP4(header: nil), "video/mp4", "mp4", 320, 240, 1.5),
        (SampleFile.webm(), "video/webm", "webm", 854, 480, 2.5),
        (SampleFile.webm(knownSize: false), "video/webm", "webm", 854, 480, 2.5),
        (SampleFile.webm(type: "matroska"), "video/x-matroska", "mkv", 854, 480, 2.5),
    ])
    func `films tell their format, size and duration, wherever the movie box is`(
        bytes: [UInt8], type: String, fileExtension: String, width: Int, height: Int, seconds: Double
    )
        throws
    {
        let expected = MediaFacts(
            kind: .video, mediaType: type, fileExtension: fileExtension, width: width, height: height,
            duration: seconds)
        #expect(try NamelessFile(bytes).facts() == expected)
    }

    @Test func `sound tells its duration`() throws {
        func seconds(_ bytes: [UInt8]) throws -> Double {
            try #require(try NamelessFile(bytes).facts()?.duration)
        }
        #expect(abs(try seconds(SampleFile.mp3(frames: 100)) - 2.612) < 0.001)
        #expect(abs(try seconds(SampleFile.mp3(frames: 100, noted: 100)) - 2.612) < 0.001)
        #expect(abs(try seconds(SampleFile.aac(frames: 100)) - 2.322) < 0.001)
        let format: [UInt8] =
            [1, 0, 1, 0] + SampleFile.little(UInt32(8000)) + SampleFile.little(UInt32(16_000)) + [
                2, 0, 16, 0,
            ]
        for size: UInt32 in [8000, 0xFFFF_FFFF] {
            let sound = SampleFile.text("data") + SampleFile.little(size) + [UInt8](repeating: 0, count: 8000)
            let chunks = SampleFile.text("fmt ") + SampleFile.little(UInt32(16)) + format + sound
            #expect(try seconds(SampleFile.riff("WAVE", chunks)) == 0.5)
        }
    }

    @Test func `the size of a bitmap is read, whichever row comes first`() throws {
        let facts = try #require(try NamelessFile(SampleFile.bmp()).facts())
        #expect(facts.width == 3 && facts.height == 2)
    }

    @Test func `the movie is found behind gigabytes of data`() throws {
        // The data are a hole of three gigabytes: reading them would take a while, and far more than the
        // budget.
        let whole = SampleFile.mp4(movieFirst: false, long: true, data: [])
        let hole: UInt64 = 3 << 30
        let movie = try #require(whole.indices.first { whole[$0...].starts(with: "moov".utf8) }) - 4
        let dataSize = movie - 8
        var start = Array(whole[..<movie])
        start.replaceSubrange(dataSize..<movie, with: SampleFile.big(hole + 16))
        let file = NamelessFile(start)
        try file.descriptor.write(Array(whole[movie...]), at: Int64(start.count) + Int64(hole))
        #expect(try file.facts()?.duration == 12.5)
        #expect(try file.wholeness() == .whole)
        let few = try #require(FileBytes(file.descriptor, reads: 40))
        #expect(MediaProbe.wholeness(of: few) == .whole)
    }

    @Test func `sound without picture is audio`() throws {
        let mp4 = try NamelessFile(SampleFile.mp4(withVideo: false)).facts()
        #expect(mp4 == MediaFacts(kind: .audio, mediaType: "audio/mp4", fileExtension: "m4a", duration: 12.5))
        let webm = try NamelessFile(SampleFile.webm(withVideo: false)).facts()
        #expect(
            webm == MediaFacts(kind: .audio, mediaType: "audio/webm", fileExtension: "webm", duration: 2.5))
    }

    @Test(arguments: [
        (Array("ID3\u{4}\0\0".utf8), Output.Kind.audio, "audio/mpeg", "mp3"),
        ([0xFF, 0xFB, 0x90, 0x64, 0, 0, 0], .audio, "audio/mpeg", "mp3"),
        ([0xFF, 0xFD, 0x90, 0x64, 0, 0, 0], .audio, "audio/mpeg", "mp2"),
        ([0xFF, 0xF1, 0x50, 0x80, 2, 0, 0], .audio, "audio/aac", "aac"),
        (Array("ID3\u{4}\0\0\0\0\0\u{2}xyfLaC".utf8), .audio, "audio/flac", "flac"),
        (SampleFile.big(24) + Array("ftypmif1\0\0\0\0mif1avif".utf8), .image, "image/avif", "avif"),
        (SampleFile.big(24) + Array("ftypmif1\0\0\0\0mif1heic".utf8), .image, "image/heic", "heic"),
        ([0xFF, 0x4F, 0xFF, 0x51, 0], .image, "image/j2c", "j2c"),
        ([6, 14, 43, 52, 2, 5, 1, 1, 13, 1, 2, 1], .video, "application/mxf", "mxf"),
        (Array("P6 3 2\n255\n".utf8) + [0, 1, 2], .image, "image/x-portable-pixmap", "ppm"),
        (SampleFile.wav(), .audio, "audio/wav", "wav"),
        (Array("fLaC\0".utf8), .audio, "audio/flac", "flac"),
        (Array("OggS\0".utf8), .audio, "audio/ogg", "ogg"),
        (SampleFile.mp4(brand: "M4A ", withVideo: false), .audio, "audio/mp4", "m4a"),
        (Array("PK\u{3}\u{4}".utf8), .file, "application/zip", "zip"),
        (Array("%PDF-1.7".utf8), .file, "application/pdf", "pdf"),
        (Array("glTF\u{2}\0\0\0".utf8), .file, "model/gltf-binary", "glb"),
        (Array("II*\0".utf8), .image, "image/tiff", "tiff"),
        (Array("BM".utf8) + [60, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 0, 0, 0], .image, "image/bmp", "bmp"),
        (Array("<?xml version='1.0'?>\n<!-- x --><svg xmlns='x'/>".utf8), .image, "image/svg+xml", "svg"),
    ])
    func `other formats are told by their first bytes`(
        bytes: [UInt8], kind: Output.Kind, type: String, fileExtension: String
    ) throws {
        let facts = try #require(try NamelessFile(bytes).facts(.image))
        #expect(facts.kind == kind)
        #expect(facts.mediaType == type)
        #expect(facts.fileExtension == fileExtension)
    }

    @Test(arguments: [
        "<!DOCTYPE html><p>", "\u{FEFF} \r\n<!doctype HTML>", "<html lang=en>", "<HTML>",
        "<!-- a --><?x?><html>", "<head>", "<body class=x>", "<script src=x>", "<h1>504</h1>",
    ])
    func `a web page is refused, whatever it is called and whatever was expected`(text: String) throws {
        for kind in Output.Kind.allCases {
            #expect(try NamelessFile(Array(text.utf8)).facts(kind, type: "image/png") == nil)
        }
        let wide: [UInt8] =
            [0xFF, 0xFE] + text.drop { $0 == "\u{FEFF}" }.utf16.flatMap { unit in SampleFile.little(unit) }
        #expect(try NamelessFile(wide).facts(.file) == nil)
    }

    @Test func `a document of XHTML is no error page`() throws {
        let page =
            "<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x'><html xmlns='http://www.w3.org/1999/xhtml'/>"
        let file = NamelessFile(Array(page.utf8))
        let expected = MediaFacts(kind: .file, mediaType: "application/xhtml+xml", fileExtension: "xhtml")
        for type in [nil, "application/xhtml+xml", "application/octet-stream"] {
            #expect(try file.facts(.file, type: type) == expected)
            for kind in [Output.Kind.image, .video, .audio] {
                #expect(try file.facts(kind, type: type) == nil)
            }
        }
        #expect(try file.facts(.file, type: "text/html") == nil)
    }

    @Test(arguments: ["P1 is late", "Get free", "not wide", "ID3 is a tag", "Go", "BMW", "FORM"])
    func `text that happens to look like a format is text`(text: String) throws {
        #expect(try NamelessFile(Array(text.utf8)).facts(.file)?.mediaType == "text/plain")
    }

    @Test(
        arguments: [
            ("<svg width='20' height='10'/>", 20, 10), ("<svg width=\"1in\" height=\"72pt\">", 96, 96),
            ("<?xml?>\n<svg viewBox='0 0 30.2 40' width='100%'>", 30, 40),
            ("<!doctype svg a='x'><SVG xmlns='y' viewbox='0,0,7,8'>", 7, 8),
            ("<svg><rect width='3' height='4'/></svg>", nil, nil), ("<svg width='-1' height='2'/>", nil, nil),
            ("<svg width='1e999' height='nan'/>", nil, nil), ("<svg width=", nil, nil),
        ] as [(String, Int?, Int?)])
    func `a drawing's size is the one that it names, else its view box's`(
        text: String, width: Int?, height: Int?
    ) throws {
        let facts = try #require(try NamelessFile(Array(text.utf8)).facts())
        #expect(facts.width == width && facts.height == height)
    }

    @Test func `a picture is the primary item as shown`() throws {
        // A gain map that is larger than the picture, which is cut to its half and turned.
        let picture = SampleFile.avif(
            64, 32, properties: [SampleFile.clap(32, 16), SampleFile.box("irot", [3])])
        let facts = try #require(try NamelessFile(picture).facts())
        #expect(facts.width == 16 && facts.height == 32)
    }

    @Test func `empty is refused`() throws {
        for kind in Output.Kind.allCases { #expect(try NamelessFile([]).facts(kind) == nil) }
    }

    @Test(arguments: [
        (#"{"error": "expired"}"#, "application/json", "json"), ("not found", "text/plain", "txt"),
        ("<?xml version='1.0'?><Error/>", "text/plain", "txt"), (" \n", "text/plain", "txt"),
        ("{}", "application/json", "json"), ("naïve", "text/plain", "txt"),
    ])
    func `text in place of a picture is refused, and taken where nothing was expected`(
        text: String, type: String, fileExtension: String
    ) throws {
        let file = NamelessFile(Array(text.utf8))
        for kind in [Output.Kind.image, .video, .audio] {
            #expect(try file.facts(kind, type: "image/png") == nil)
        }
        let expected = MediaFacts(kind: .file, mediaType: type, fileExtension: fileExtension)
        #expect(try file.facts(.file) == expected)
    }

    @Test(
        arguments: [
            ("model/obj; charset=x", "https://h.test/a/b.dat?c=.png", "model/obj", "obj"),
            ("application/octet-stream", "https://h.test/a/b.SAFETENSORS", "application/octet-stream", "bin"),
            ("application/octet-stream", "https://h.test/a/b.PLY#x", "application/octet-stream", "ply"),
            (nil, "https://h.test/a/b.tar", "application/octet-stream", "tar"),
            (nil, "https://h.test/a/b.html", "application/octet-stream", "bin"),
            (nil, "https://h.test", "application/octet-stream", "bin"),
            (nil, "https://h.test/a.b/c", "application/octet-stream", "bin"),
            ("x/\u{1B}[0m", "https://h.test/a/b.p/..", "application/octet-stream", "bin"),
        ] as [(String?, String, String, String)])
    func `an unknown format is a file; its type and extension are what the server and the URL call it`(
        declared: String?, url: String, type: String, fileExtension: String
    ) throws {
        let facts = try NamelessFile([0, 1, 2, 3, 0xFE]).facts(.image, type: declared, url: url)
        #expect(facts == MediaFacts(kind: .file, mediaType: type, fileExtension: fileExtension))
    }

    @Test func `unknown bytes that the server calls a page are refused`() throws {
        #expect(try NamelessFile([0, 1, 2, 3]).facts(.file, type: "Text/HTML; charset=utf-8") == nil)
        // A picture is a picture also when the server is wrong about it.
        #expect(
            try NamelessFile(SampleFile.png(1, 1)).facts(.image, type: "text/html")?.fileExtension == "png")
    }

    @Test func `a size of nothing is left out`() throws {
        let facts = try NamelessFile(SampleFile.png(0, 5)).facts()
        #expect(facts == MediaFacts(kind: .image, mediaType: "image/png", fileExtension: "png"))
    }
}
