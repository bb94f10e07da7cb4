import Testing

@testable import Downloader

@Suite struct WholenessTests {
    @Test(
        "A file with an end of its own is whole with its last byte and not before",
        arguments: SampleFile.all.filter { $0.name != "webm, live" }.map(\.bytes))
    func everyCut(bytes: [UInt8]) throws {
        let file = OpenFile(bytes)
        #expect(try file.isWhole() == true)
        for length in 0..<bytes.count {
            file.change(to: Array(bytes[..<length]))
            #expect(try file.isWhole() != true, "cut at \(length)")
        }
        file.change(to: Array(bytes.dropLast()))
        #expect(try file.isWhole() == false)
    }

    @Test(
        "What has no end of its own is left to the caller",
        arguments: [
            SampleFile.webm(knownSize: false), SampleFile.fragmentedMP4(closed: false),
            SampleFile.mp4() + SampleFile.big(0) + Array("mdat".utf8) + [1, 2],
            Array("RIFF".utf8) + [255, 255, 255, 255] + Array("WAVEfmt ".utf8),
            Array("ID3\u{4}\0\0".utf8), Array("fLaC".utf8), [0, 1, 2, 0xFE], Array("text".utf8),
        ])
    func openEnds(bytes: [UInt8]) throws {
        #expect(try OpenFile(bytes).isWhole() == nil)
    }

    @Test func paddingBehindTheEndDoesNoHarm() throws {
        #expect(try OpenFile(SampleFile.png(3, 5) + [0, 0, 10]).isWhole() == true)
        #expect(try OpenFile(SampleFile.jpeg(3, 5) + [UInt8](repeating: 0, count: 500)).isWhole() == true)
        #expect(try OpenFile(SampleFile.gif(3, 5) + [0]).isWhole() == true)
        #expect(try OpenFile(SampleFile.wav() + [0]).isWhole() == true)
    }

    @Test func anEndInsideAThumbnailIsNotTheEnd() throws {
        let bytes = SampleFile.jpeg(640, 480)
        #expect(try OpenFile(Array(bytes.dropLast(2))).isWhole() == false)
    }

    @Test func aFilmWithoutItsMovieBoxIsNotWhole() throws {
        let start = SampleFile.box("ftyp", Array("isom\0\0\0\0".utf8))
        #expect(try OpenFile(start + SampleFile.box("mdat", [1, 2])).isWhole() == false)
        #expect(try OpenFile(start + SampleFile.big(0) + Array("mdat".utf8) + [1, 2]).isWhole() == false)
        // The last fragment's data are missing as a whole.
        let fragments = SampleFile.fragmentedMP4(closed: false)
        #expect(try OpenFile(Array(fragments.dropLast(11))).isWhole() == false)
    }
}
