import JobModel
import Scratch
import Testing

@testable import Downloader
@testable import Media

@Suite struct WholenessTests {
    @Test(
        arguments: SampleFile.all.filter { !["webm, live", "avif"].contains($0.name) }.map(\.bytes) + [
            SampleFile.mp3(frames: 3, noted: 3), SampleFile.ogg(),
        ])
    func `a file whose format has an end is whole with its last byte and not before`(bytes: [UInt8]) throws {
        let file = NamelessFile(bytes)
        #expect(try file.wholeness() == .whole)
        for length in 0..<bytes.count {
            file.change(to: Array(bytes[..<length]))
            #expect(try file.wholeness() != .whole, "cut at \(length)")
        }
        file.change(to: Array(bytes.dropLast()))
        #expect(try file.wholeness() == .cut)
    }

    @Test(arguments: [
        SampleFile.webm(knownSize: false), SampleFile.fragmentedMP4(closed: false),
        SampleFile.mp4() + SampleFile.big(0) + Array("mdat".utf8) + [1, 2],
        Array("RIFF".utf8) + [255, 255, 255, 255] + Array("WAVEfmt ".utf8), SampleFile.mp3(frames: 2),
        SampleFile.aac(frames: 2), SampleFile.mp3(frames: 2) + Array("TAG of old".utf8),
        SampleFile.ogg(closed: false), SampleFile.avif(64, 32), SampleFile.avif(64, 32, inside: true),
        SampleFile.avif(64, 32) + SampleFile.box("mdat", [1]),
        SampleFile.bmp(),
        SampleFile.riff("AVI ", [1, 2, 3, 4]), [0, 1, 2, 0xFE], Array("text".utf8), Array("G".utf8),
        Array("ID".utf8), [0x89], [0xFF, 0xD8], Array("PK\u{3}\u{4} PK\u{5}\u{6}".utf8),
        Array("%PDF-1.4 %%EOF x".utf8), Array("<svg/>".utf8),
    ])
    func `a format without an end, or with one that no reader looks for, is left to the caller`(
        bytes: [UInt8]
    )
        throws
    {
        #expect(try NamelessFile(bytes).wholeness() == .unknown)
    }

    @Test(arguments: [
        (SampleFile.mp3(frames: 3), 417), (SampleFile.mp3(frames: 3, tag: false), 417),
        (SampleFile.aac(frames: 3), 100), (SampleFile.ogg(closed: false), 292),
        (SampleFile.webm(knownSize: false), 4),
    ])
    func `a cut inside a frame, a page or a block shows, where the whole names no length`(
        bytes: [UInt8], last: Int
    ) throws {
        for missing in 1..<last {
            #expect(
                try NamelessFile(Array(bytes.dropLast(missing))).wholeness() == .cut, "\(missing) are missing"
            )
        }
    }

    @Test func `a tag without the sound is not whole`() throws {
        #expect(try NamelessFile(Array("ID3\u{4}\0\0".utf8)).wholeness() == .cut)
        #expect(try NamelessFile(Array("ID3\u{4}\0\0\0\0\u{2}\0abc".utf8)).wholeness() == .cut)
    }

    @Test func `announced frames are missed, except for the one that announces them`() throws {
        #expect(try NamelessFile(SampleFile.mp3(frames: 2, noted: 3)).wholeness() == .unknown)
        #expect(try NamelessFile(SampleFile.mp3(frames: 2, noted: 4)).wholeness() == .cut)
    }

    @Test func `padding behind the end does no harm`() throws {
        #expect(try NamelessFile(SampleFile.png(3, 5) + [0, 0, 10]).wholeness() == .whole)
        #expect(
            try NamelessFile(SampleFile.jpeg(3, 5) + [UInt8](repeating: 0, count: 500)).wholeness() == .whole)
        #expect(try NamelessFile(SampleFile.gif(3, 5) + [0]).wholeness() == .whole)
        #expect(try NamelessFile(SampleFile.wav() + [0]).wholeness() == .whole)
    }

    @Test(arguments: [[9, 8, 7], [0xFF, 0]])
    func `what decoders pass over between the segments of a JPEG does no harm`(junk: [UInt8]) throws {
        var bytes = SampleFile.jpeg(640, 480)
        bytes.insert(contentsOf: junk, at: 2 + 2 + 2 + 6 + 17)
        let file = NamelessFile(bytes)
        #expect(try file.wholeness() == .whole)
        #expect(try file.facts()?.width == 640)
        #expect(try NamelessFile(bytes.dropLast()).wholeness() == .cut)
    }

    @Test func `the end of a picture inside another is not the end`() throws {
        // In a thumbnail, in a chunk of its origin, and of the first of two pictures.
        #expect(try NamelessFile(SampleFile.jpeg(640, 480).dropLast(2)).wholeness() == .cut)
        let chunk = SampleFile.png(with: SampleFile.png(1, 1), named: "caBX")
        #expect(try NamelessFile(chunk).wholeness() == .whole)
        for missing in 1..<70 { #expect(try NamelessFile(chunk.dropLast(missing)).wholeness() == .cut) }
        let pair = SampleFile.jpeg(640, 480) + SampleFile.jpeg(320, 240).dropLast(20)
        #expect(try NamelessFile(pair).wholeness() == .unknown)
        // With an index, a cut may lie between the two.
        let indexed = SampleFile.indexedJPEG(640, 480)
        #expect(try NamelessFile(indexed).wholeness() == .unknown)
        #expect(try NamelessFile(indexed + SampleFile.jpeg(320, 240)).wholeness() == .unknown)
    }

    @Test func `a size that was never filled in says nothing`() throws {
        // Python's `wave` leaves it so if it cannot seek.
        #expect(
            try NamelessFile(SampleFile.wav() + [UInt8](repeating: 1, count: 100)).wholeness() == .unknown)
    }

    @Test func `a film without its movie box is not whole`() throws {
        let start = SampleFile.box("ftyp", Array("isom\0\0\0\0".utf8))
        #expect(try NamelessFile(start + SampleFile.box("mdat", [1, 2])).wholeness() == .cut)
        #expect(
            try NamelessFile(start + SampleFile.big(0) + Array("mdat".utf8) + [1, 2]).wholeness() == .cut)
        // The last fragment's data are missing as a whole.
        let fragments = SampleFile.fragmentedMP4(closed: false)
        #expect(try NamelessFile(fragments.dropLast(11)).wholeness() == .cut)
    }

    @Test func `the start of a stream is not called cut`() throws {
        let fragments = SampleFile.fragmentedMP4(closed: false)
        let index = try #require(fragments.indices.first { fragments[$0...].starts(with: "sidx".utf8) }) - 4
        #expect(try NamelessFile(Array(fragments[..<index])).wholeness() == .unknown)
    }
}
