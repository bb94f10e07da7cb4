import HTTP
import JobModel
import Media
import Scratch
import Testing

@testable import Downloader

/// What real encoders write is known for what it is, and for whole once it is whole.
@Suite struct MediaCorpusTests {
    @Test(arguments: MediaSample.all)
    func `each file shows what it is`(sample: MediaSample) throws {
        for kind in [Output.Kind.image, .file] {
            var found = try #require(try NamelessFile(sample.bytes).facts(kind))
            if let seconds = found.duration, let wanted = sample.facts.duration, abs(seconds - wanted) < 0.002
            {
                found.duration = wanted
            }
            #expect(found == sample.facts)
        }
    }

    @Test(arguments: MediaSample.all)
    func `the whole is whole where its format tells, and no cut ever is`(sample: MediaSample) throws {
        let bytes = sample.bytes
        let file = NamelessFile(bytes)
        #expect(try file.wholeness() == sample.end)
        for length in sample.cuts {
            file.change(to: Array(bytes[..<length]))
            #expect(try file.wholeness() != .whole, "cut at \(length) of \(bytes.count)")
        }
    }

    @Test(arguments: MediaSample.all)
    func `the whole file arrives, with a length and without`(sample: MediaSample) async throws {
        let bytes = sample.bytes
        let rig = Rig { request, _ in
            var answer = FileServer.Answer(body: bytes)
            answer.framing = request.path == "/length" ? .length : .chunks
            return answer
        }
        let downloader = try rig.downloader()
        var requests: [Int] = []
        for path in ["/length", "/chunks"] {
            var file: DownloadedFile?
            for _ in 0..<3 where file == nil { file = try? await downloader.fetch(rig.order(path)) }
            #expect(rig.contents(try #require(file).path) == bytes)
            #expect(file?.facts.mediaType == sample.facts.mediaType)
            // A jobd of another test may ask here for a server that had this port before.
            requests.append(rig.server.requests.count { $0.path == path })
        }
        // Without a length and an end of the format, the same answer twice settles it.
        #expect(requests == [1, sample.end == .whole ? 1 : 2])
    }

    @Test(arguments: MediaSample.all.filter { $0.end == .whole })
    func `a connection that ended too early costs one more request`(sample: MediaSample) async throws {
        let bytes = sample.bytes
        let rig = Rig { _, count in
            FileServer.Answer(body: count == 0 ? bytes.dropLast(bytes.count / 3) : bytes, framing: .chunks)
        }
        let downloader = try rig.downloader()
        var file: DownloadedFile?
        for _ in 0..<3 where file == nil { file = try? await downloader.fetch(rig.order()) }
        #expect(rig.contents(try #require(file).path) == bytes)
        #expect(rig.server.requests.count == 2)
    }
}
