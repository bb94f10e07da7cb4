import Glibc
import JobModel
import Scratch
import System
import Testing

@testable import Downloader
@testable import Media

/// Whatever a file claims, reading it ends, and soon.
@Suite struct HostileFileTests {
    @Test(arguments: SampleFile.all.map(\.bytes))
    func `every cut of every format is read without harm`(bytes: [UInt8]) throws {
        let file = NamelessFile(bytes)
        for length in (0...bytes.count).reversed() {
            file.change(to: Array(bytes[..<length]))
            _ = try file.verdict()
            _ = try file.wholeness()
        }
    }

    @Test(arguments: SampleFile.all.map(\.bytes))
    func `flipped bytes are read without harm`(bytes: [UInt8]) throws {
        var random = SeededNumbers(42)
        let file = NamelessFile(bytes)
        for _ in 0..<2000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let extremes: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
                let place = Int.random(in: 0..<damaged.count, using: &random)
                damaged[place] = extremes[Int.random(in: 0..<extremes.count, using: &random)]
            }
            file.change(to: damaged)
            if case .accepted(let facts) = try file.verdict() {
                #expect((facts.width ?? 1) > 0 && (facts.height ?? 1) > 0 && (facts.duration ?? 1) > 0)
                #expect(facts.duration?.isFinite != false)
            }
            _ = try file.wholeness()
        }
    }

    @Test(arguments: [0, 1, 2, 7, 8, 15, 16, 0x7FFF_FFFF, 0xFFFF_FFFF] as [UInt32])
    func `a box that lies about its size is read without harm`(size: UInt32) throws {
        let bytes = SampleFile.mp4()
        let file = NamelessFile(bytes)
        for name in ["ftyp", "free", "moov", "mvhd", "trak", "tkhd", "mdia", "hdlr", "mdat"] {
            let place = try #require(bytes.indices.first { bytes[$0...].starts(with: name.utf8) }) - 4
            var damaged = bytes
            damaged.replaceSubrange(place..<place + 4, with: SampleFile.big(size))
            file.change(to: damaged)
            _ = try file.verdict()
            _ = try file.wholeness()
        }
        for long: UInt64 in [0, 15, 16, 1 << 62, 1 << 63, .max] {
            let start = SampleFile.box("ftyp", Array("isom\0\0\0\0".utf8))
            file.change(
                to: start + SampleFile.big(1) + Array("moov".utf8) + SampleFile.big(long) + [0, 0, 0])
            _ = try file.verdict()
            #expect(try file.wholeness() != .whole)
        }
    }

    @Test func `boxes nested without end are not followed`() throws {
        let start = SampleFile.box("ftyp", Array("isom\0\0\0\0".utf8))
        var bytes = start
        for depth in 0..<20_000 { bytes += SampleFile.big(UInt32(8 * (20_000 - depth))) + Array("trak".utf8) }
        #expect(try NamelessFile(bytes).facts()?.width == nil)
    }

    @Test(
        arguments: [
            (SampleFile.box("ftyp", Array("isom\0\0\0\0".utf8)), SampleFile.box("free", [])),
            ([0xFF, 0xD8, 0xFF, 0xE0, 0, 2], [0xFF, 0xE0, 0, 2]),
            (Array("GIF89a".utf8) + [1, 0, 1, 0, 0, 0, 0], [0x21, 0, 0]),
            (Array(SampleFile.webm(knownSize: false).prefix(24)), [0xEC, 0x80]),
        ] as [([UInt8], [UInt8])])
    func `a file of millions of tiny pieces comes to an end`(start: [UInt8], piece: [UInt8]) throws {
        let many = [[UInt8]](repeating: piece, count: 1_000_000).flatMap { $0 }
        let file = NamelessFile(start + many)
        let bytes = try #require(FileBytes(file.descriptor, reads: 50))
        let hint = ContentHint(kind: .image, declaredType: nil, url: "")
        guard case .accepted = MediaProbe.verdict(on: bytes, hint) else {
            Issue.record("not recognised")
            return
        }
        // The budget ended first: nothing is concluded.
        #expect(MediaProbe.wholeness(of: bytes) == .unknown)
    }

    @Test(arguments: ["/dev/zero", "/tmp"])
    func `what is not an ordinary file is not read`(path: String) throws {
        #expect(FileBytes(try FileDescriptor(opening: path)) == nil)
    }
}
