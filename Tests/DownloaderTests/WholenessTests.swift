import Testing

@testable import Downloader

@Suite struct WholenessTests {
    @Test(
        "A file with an end of its own is whole with its last byte and not before",
        arguments: SampleFile.all.filter { $0.name != "webm, live" }.map(\.bytes) + [
            SampleFile.mp3(frames: 3, noted: 3), SampleFile.ogg(), SampleFile.zip(),
            SampleFile.zip(comment: "by hand"),
            SampleFile.bmp(), SampleFile.glb(), Array("%PDF-1.4 x %%EOF".utf8), Array("<svg><g/></svg".utf8),
        ])
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
            SampleFile.mp3(frames: 2), SampleFile.aac(frames: 2),
            SampleFile.mp3(frames: 2) + Array("TAG of old".utf8),
            SampleFile.ogg(closed: false), Array("fLaC and more than this".utf8), [0, 1, 2, 0xFE],
            Array("text".utf8),
            Array("G".utf8), Array("ID".utf8),
            Array("BM".utf8) + [0, 0, 0, 0] + [UInt8](repeating: 0, count: 10),
        ])
    func openEnds(bytes: [UInt8]) throws {
        #expect(try OpenFile(bytes).isWhole() == nil)
    }

    @Test(
        "A cut inside a frame, a page or a block shows, where the whole names no length",
        arguments: [
            (SampleFile.mp3(frames: 3), 417), (SampleFile.mp3(frames: 3, tag: false), 417),
            (SampleFile.aac(frames: 3), 100), (SampleFile.ogg(closed: false), 292),
            (SampleFile.webm(knownSize: false), 4),
        ])
    func cutInside(bytes: [UInt8], last: Int) throws {
        for missing in 1..<last {
            #expect(try OpenFile(Array(bytes.dropLast(missing))).isWhole() == false, "\(missing) are missing")
        }
    }

    @Test(
        "So few bytes that no format is told by them are the beginning of one",
        arguments: SampleFile.all.map(\.bytes) + [SampleFile.ogg(), SampleFile.zip(), SampleFile.glb()])
    func beginnings(bytes: [UInt8]) throws {
        for length in 5..<12 {
            #expect(try OpenFile(Array(bytes[..<length])).isWhole() == false, "cut at \(length)")
        }
    }

    @Test func aTagWithoutTheSoundIsNotWhole() throws {
        #expect(try OpenFile(Array("ID3\u{4}\0\0".utf8)).isWhole() == false)
        #expect(try OpenFile(Array("ID3\u{4}\0\0\0\0\u{2}\0abc".utf8)).isWhole() == false)
    }

    @Test(
        "What programs leave behind the end of a document does no harm",
        arguments: [
            "<svg xmlns='http://www.w3.org/2000/svg'/>\n", "<SVG><G/></SVG>",
            "<svg><g/></svg>\n<!--" + String(repeating: " y", count: 1500) + "-->",
            "%PDF-1.4 x %%EOF\n" + String(repeating: "\0", count: 4000),
        ])
    func documents(text: String) throws {
        #expect(try OpenFile(Array(text.utf8)).isWhole() == true)
    }

    @Test func aDrawingOfWideCharactersHasItsEnd() throws {
        let wide: [UInt8] = "\u{FEFF}<svg><g/></svg>".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try OpenFile(wide).isWhole() == true)
        #expect(try OpenFile(Array(wide.dropLast(12))).isWhole() == false)
    }

    @Test(
        "A drawing that is cut behind a tag is not whole", arguments: ["<svg><g/>", "<svg><svg/>", "<svg>"])
    func cutBehindATag(text: String) throws {
        #expect(try OpenFile(Array(text.utf8)).isWhole() == false)
    }

    @Test("A short text is not the beginning of a format", arguments: ["proof", "ID3 is a tag"])
    func texts(text: String) throws {
        #expect(try OpenFile(Array(text.utf8)).isWhole() == nil)
    }

    @Test func framesThatWerePromisedAreMissedButForTheOneThatHoldsThePromise() throws {
        #expect(try OpenFile(SampleFile.mp3(frames: 2, noted: 3)).isWhole() == nil)
        #expect(try OpenFile(SampleFile.mp3(frames: 2, noted: 4)).isWhole() == false)
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
