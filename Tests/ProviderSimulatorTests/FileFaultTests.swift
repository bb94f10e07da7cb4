import JSON
import Testing

@testable import ProviderSimulator

@Suite struct FileFaultTests {
    private let stage: RunningSimulator
    private let path: String
    private let whole: [UInt8]

    init() throws {
        stage = try RunningSimulator()
        path = stage.file(try stage.submit())
        whole = try #require(stage.client.get(path)).body
    }

    /// The file under a fault.
    private func get(_ fault: String, _ headers: [String] = []) throws -> Reply {
        #expect(stage.client.post("/_sim/faults", "{\"faults\":[\"\(fault)\"]}")?.status == 200)
        return try #require(stage.client.get(path, headers), "\(fault)")
    }

    @Test func `a file can be refused`() throws {
        for status in [403, 404, 410, 500] { #expect(try get("file:\(status)").status == status) }
        let page = try get("file:html")
        #expect(page.status == 200 && page.headers["content-type"] == "text/html")
        let empty = try get("file:empty")
        #expect(empty.status == 200 && empty.headers["content-length"] == "0")
        #expect(try get("file:416").status == 200)
        #expect(try get("file:416", ["Range: bytes=10-"]).status == 416)
    }

    @Test func `a file can come in part`() throws {
        let cut = try get("file:cut=1000")
        #expect(!cut.isWhole && cut.body == Array(whole[..<1000]))
        #expect(cut.headers["content-length"] == String(whole.count))
        let rest = try get("file:cut=1000", ["Range: bytes=1000-"])
        #expect(rest.status == 206 && rest.body == Array(whole[1000..<2000]))
        let long = try get("file:wrong-length")
        #expect(!long.isWhole && long.body == whole)
        let short = try get("file:short=1000")
        #expect(short.isWhole && short.body == Array(whole[..<1000]))
    }

    @Test func `a file can come without a length`() throws {
        for fault in ["file:no-length", "file:chunked"] {
            let reply = try get(fault)
            #expect(reply.headers["content-length"] == nil)
            #expect((reply.headers["transfer-encoding"] == "chunked") == (fault == "file:chunked"))
            #expect(reply.isWhole && reply.body == whole)
        }
        let half = try get("file:truncate-no-length")
        #expect(half.headers["content-length"] == nil && half.headers["transfer-encoding"] == nil)
        #expect(half.body == Array(whole[..<(whole.count / 2)]))
    }

    @Test func `a file can change under its reader`() throws {
        let id = try stage.submit("another [[fault: file:changed]]")
        let first = try #require(stage.client.get(stage.file(id)))
        #expect(!first.isWhole)
        let tag = try #require(first.headers["etag"])
        let resumed = try #require(
            stage.client.get(stage.file(id), ["Range: bytes=100-", "If-Range: \(tag)"]))
        #expect(resumed.status == 200 && resumed.isWhole)
        #expect(resumed.headers["etag"] != tag)
        #expect(!resumed.body.starts(with: first.body))
    }

    @Test func `ranges can be missing`() throws {
        let reply = try get("file:no-ranges", ["Range: bytes=10-"])
        #expect(reply.status == 200 && reply.body == whole)
        #expect(reply.headers["accept-ranges"] == nil)
    }

    @Test func `a file can drip`() throws {
        let reply = try get("file:drip=100k", ["Range: bytes=0-9999"])
        #expect(reply.isWhole && reply.body == Array(whole[..<10_000]))
    }

    @Test func `a file can be elsewhere`() throws {
        let near = try get("file:redirect")
        #expect(near.status == 302)
        let target = try #require(
            near.headers["location"]?.firstRange(of: path).map { _ in path + "?again=1" })
        #expect(stage.client.get(target)?.body == whole)
        #expect(try get("file:redirect=https://example.org/x").headers["location"] == "https://example.org/x")
        let id = try stage.submit("x [[fault: result:private-redirect]]")
        let url = try #require(try stage.result(id)["output"]?["images"]?.array?.first?.string)
        let place = String(url.drop { $0 != "/" }.dropFirst(2).drop { $0 != "/" })
        #expect(stage.client.get(place)?.headers["location"] == "http://10.0.0.1/")
    }

    @Test func `the type can be missing or vague`() throws {
        #expect(try get("file:no-type").headers["content-type"] == nil)
        #expect(try get("file:octet-stream").headers["content-type"] == "application/octet-stream")
    }
}
