import JSON
import Testing

@testable import ProviderSimulator

@Suite struct FileTests {
    @Test func `a picture is APNG that a reader accepts`() throws {
        let stage = try RunningSimulator { $0.imageWidth = 320 }
        let id = try stage.submit()
        let reply = try #require(stage.client.get(stage.file(id)))
        #expect(reply.status == 200 && reply.isWhole)
        #expect(reply.headers["content-type"] == "image/png")
        #expect(reply.headers["accept-ranges"] == "bytes")
        let png = reply.body
        #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
        var names: [String] = []
        var place = 8
        while place + 12 <= png.count {
            let length = number(png, place)
            let content = png[place + 4..<place + 8 + length]
            names.append(String(decoding: content.prefix(4), as: UTF8.self))
            #expect(UInt32(number(png, place + 8 + length)) == PictureFile.crc32(content))
            place += 12 + length
        }
        #expect(names == ["IHDR", "tEXt", "PLTE", "IDAT", "IEND"])
        #expect(place == png.count)
        #expect(number(png, 16) == 320 && number(png, 20) == 180)
    }

    @Test func `the CRC is the one of the standard`() {
        #expect(PictureFile.crc32(Array("123456789".utf8)[...]) == 0xCBF4_3926)
    }

    @Test func `a video is an MP 4 as long and as wide as asked for`() throws {
        let video = { (id: String) in
            let plan = OutputPlan(
                model: RunningSimulator.video,
                input: try JSON(parsing: #"{"prompt":"x","ratio":"4:3","duration":4}"#),
                requestID: id, imageWidth: 512)
            return plan.file(1, variant: 0)
        }
        let mp4 = try video("r")
        let top = boxes(mp4[...])
        #expect(top.map(\.name) == ["ftyp", "moov", "free", "free", "mdat"])
        let movie = boxes(top[1].content)
        let header = Array(try #require(movie.first { $0.name == "mvhd" }).content)
        #expect(number(header, 16) == 4 * number(header, 12))
        let track = boxes(try #require(movie.first { $0.name == "trak" }).content)
        let shown = Array(try #require(track.first { $0.name == "tkhd" }).content)
        #expect(number(shown, 76) >> 16 == 192 && number(shown, 80) >> 16 == 144)
        let media = boxes(try #require(track.first { $0.name == "mdia" }).content)
        let mediaHeader = Array(try #require(media.first { $0.name == "mdhd" }).content)
        #expect(number(mediaHeader, 16) == 4 * number(mediaHeader, 12))
        var index = try #require(media.first { $0.name == "minf" }).content
        index = try #require(boxes(index).first { $0.name == "stbl" }).content
        let tables = Dictionary(uniqueKeysWithValues: boxes(index).map { ($0.name, Array($0.content)) })
        let sizes = try #require(tables["stsz"])
        let lengths = (0..<number(sizes, 8)).map { number(sizes, 12 + 4 * $0) }
        #expect(lengths.reduce(0, +) == top[4].content.count)
        #expect(number(try #require(tables["stco"]), 8) == top[4].content.startIndex)
        #expect(try video("r") == mp4)
        #expect(try video("s") != mp4)
    }

    @Test func `the same order gives the same bytes and every other gives others`() throws {
        let first = try RunningSimulator()
        let second = try RunningSimulator()
        let body = #"{"text":"a cat","seed":7}"#
        let path = "/v1/models/\(RunningSimulator.picture)"
        let ids = try [first, second, second].map { stage in
            try #require(stage.client.post(path, body)?.json["request_id"]?.string)
        }
        #expect(ids[0] == ids[1] && ids[1] != ids[2])
        let file = { (stage: RunningSimulator, id: String, name: String) in
            try #require(stage.client.get("/files/\(id)/\(name)")).body
        }
        let picture = try file(first, ids[0], "1.png")
        #expect(try file(second, ids[1], "1.png") == picture)
        #expect(try file(second, ids[2], "1.png") == picture)
        #expect(try file(first, ids[0], "2.png") != picture)
        let other = try first.submit("a dog")
        #expect(try file(first, other, "1.png") != picture)
        let unseeded = try [first.submit("a cat"), first.submit("a cat")]
        #expect(try file(first, unseeded[0], "1.png") != file(first, unseeded[1], "1.png"))
    }

    @Test func `ranges are served and if range is heeded`() throws {
        let stage = try RunningSimulator()
        let path = stage.file(try stage.submit())
        let whole = try #require(stage.client.get(path))
        let size = whole.body.count
        let tag = try #require(whole.headers["etag"])
        let ranges = [
            ("bytes=10-19", 10..<20), ("bytes=100-", 100..<size), ("bytes=-7", size - 7..<size),
            ("bytes=5-99999999", 5..<size),
        ]
        for (range, part) in ranges {
            let reply = try #require(stage.client.get(path, ["Range: \(range)"]))
            #expect(reply.status == 206)
            #expect(
                reply.headers["content-range"] == "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)")
            #expect(reply.body == Array(whole.body[part]))
        }
        for proof in [tag, try #require(whole.headers["last-modified"])] {
            #expect(stage.client.get(path, ["Range: bytes=9-", "If-Range: \(proof)"])?.status == 206)
        }
        let changed = stage.client.get(path, ["Range: bytes=9-", "If-Range: \"other\""])
        #expect(changed?.status == 200)
        #expect(changed?.body == whole.body)
        let beyond = try #require(stage.client.get(path, ["Range: bytes=\(size)-"]))
        #expect(beyond.status == 416)
        #expect(beyond.headers["content-range"] == "bytes */\(size)")
        for odd in ["bytes=1-2,4-5", "lines=1-2", "bytes=x-", "bytes=9-2"] {
            #expect(stage.client.get(path, ["Range: \(odd)"])?.status == 200)
        }
        let head = try #require(stage.client.get(path, method: "HEAD"))
        #expect(head.body.isEmpty)
        #expect(head.headers["content-length"] == String(size))
    }

    @Test func `a file that is not ready is not there`() throws {
        let stage = try RunningSimulator { $0.runSeconds = 600 }
        let id = try stage.submit()
        #expect(stage.client.get(stage.file(id))?.status == 404)
    }

    @Test func `a slow download is whole all the same`() throws {
        let quick = try RunningSimulator { $0.imageWidth = 100 }
        let slow = try RunningSimulator {
            $0.imageWidth = 100
            $0.bytesPerSecond = 40_000
        }
        let path = quick.file(try quick.submit())
        _ = try slow.submit()
        let started = ContinuousClock.now
        #expect(slow.client.get(path)?.body == quick.client.get(path)?.body)
        // 6 kB at 40 kB/s; a loaded machine only makes it longer.
        #expect(ContinuousClock.now - started > .milliseconds(100))
    }

    private func number(_ bytes: [UInt8], _ place: Int) -> Int {
        bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    private func boxes(_ bytes: ArraySlice<UInt8>) -> [(name: String, content: ArraySlice<UInt8>)] {
        var boxes: [(name: String, content: ArraySlice<UInt8>)] = []
        var rest = bytes
        while rest.count >= 8 {
            let size = number(Array(rest.prefix(4)), 0)
            guard size >= 8, size <= rest.count else { break }
            let name = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
            boxes.append((name, rest.prefix(size).dropFirst(8)))
            rest = rest.dropFirst(size)
        }
        return boxes
    }
}
