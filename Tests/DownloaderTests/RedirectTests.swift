import HTTP
import JobModel
import Scratch
import System
import Testing

@testable import Downloader

@Suite(.timeLimit(.minutes(10))) struct RedirectTests {
    private static let png = SampleFile.png(3, 5)

    private func redirecting(to location: String?, status: String = "302 Found", hosts: [String] = []) throws
        -> Rig
    {
        Rig(hosts: hosts) { request, count in
            if request.path.hasPrefix("/final") { return .file(Self.png, request) }
            return .status(status, location.map { ["Location": $0] } ?? [:], body: "<html>moved</html>")
        }
    }

    @Test(arguments: [
        "/final", "final", "?/../final", "../final", "http://localhost:PORT/final", "//127.0.0.1:PORT/final",
        " /final ", "HTTP://127.0.0.1:PORT/final#there", "/final picture",
    ])
    func `a redirect is followed, whatever its form`(location: String) async throws {
        let port = Locked<UInt16>(0)
        let rig = Rig { request, count in
            if count > 0 { return .file(Self.png, request) }
            let location = location.replacing("PORT", with: "\(port.withLock { $0 })")
            return .status("307 Temporary Redirect", ["Location": location])
        }
        port.withLock { $0 = rig.server.port }
        let file = try await rig.downloader().fetch(rig.order("/a/b?c"))
        #expect(rig.contents(file.path) == Self.png)
        #expect(rig.server.requests.count == 2)
        #expect(rig.server.requests[1].path.contains("final"))
    }

    @Test(arguments: [
        "https://evil.test/x", "http://evil.test/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "https://",
        "//evil.test/x", "https://127.0.0.1@evil.test/", "https://a\\.runcomfy.net/", "gopher:x",
        "http://ok.test/x", "https://10.0.0.1/x", "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/",
    ])
    func `a redirect to a place that outputs may not come from is refused, and not asked`(location: String)
        async throws
    {
        let rig = try redirecting(
            to: location, hosts: ["ok.test", "10.0.0.1", "169.254.169.254", "[::ffff:10.0.0.1]"])
        let failure = await rig.failure(try rig.downloader(), try rig.order())
        #expect(failure?.kind == "refusedHost" && failure?.countsAsAttempt == true)
        #expect(rig.server.requests.count == 1)
    }

    @Test func `a host that is not allowed is not asked`() async throws {
        let rig = Rig(serving: Self.png)
        for url in [
            "https://evil.test/x.png", "http://evil.test/x.png", "x", "", "data:image/png;base64,AA==",
        ] { #expect(try await rig.kindOfFailure(rig.order(url: url)) == "refusedHost") }
        #expect(FileOnDisk.names(rig.root).isEmpty)
    }

    @Test func `five redirects are followed and not six`() async throws {
        for (most, isFine) in [(5, true), (6, false)] {
            let rig = Rig { request, count in
                count < most ? .status("301 Moved", ["Location": "/\(count)"]) : .file(Self.png, request)
            }
            let failure = await rig.failure(try rig.downloader(), try rig.order())
            #expect((failure == nil) == isFine)
            #expect(rig.server.requests.count == 6)
        }
    }

    @Test func `a redirect without a place is refused`() async throws {
        let rig = try redirecting(to: nil)
        #expect(try await rig.kindOfFailure() == "badContent")
    }

    @Test func `a resumed download is redirected with its range`() async throws {
        let rig = Rig { request, count in
            if !request.path.hasPrefix("/final") { return .status("302 Found", ["Location": "/final"]) }
            return .file(Self.png, cut: count == 1 ? 20 : nil, request)
        }
        _ = await rig.failure(try rig.downloader(), try rig.order())
        let file = try await rig.downloader().fetch(rig.order())
        #expect(rig.contents(file.path) == Self.png)
        #expect(file.sha256 == SHA256.hexadecimal(of: Self.png))
        #expect(rig.server.requests.map(\.offset) == [nil, nil, 20, 20])
    }
}

@Suite struct HostPolicyTests {
    private func admits(_ url: String, api: String = "https://model-api.runcomfy.net") -> Bool {
        let settings = DownloadSettings(
            apiURL: api, hosts: [".runcomfy.net", ".RunComfy.com.", "one.test"], maximumBytes: 1,
            minimumFree: 0,
            connectTimeout: .seconds(1), silenceTimeout: .seconds(1), access: .ownerOnly)
        do throws(DownloadFailure) {
            _ = try HostPolicy(settings).admit(WebAddress(url))
            return true
        } catch {
            return false
        }
    }

    @Test(arguments: [
        "https://files.runcomfy.net/a", "https://FILES.RUNCOMFY.COM", "https://a.b.runcomfy.net:8443/x",
        "https://one.test", "https://one.test./x", "https://model-api.runcomfy.net:99/x",
        "https://a_b.runcomfy.net/",
    ])
    func `allowed`(url: String) { #expect(admits(url)) }

    @Test(arguments: [
        "https://runcomfy.net.evil.test", "https://evilruncomfy.net", "https://two.one.test",
        "http://files.runcomfy.net", "http://model-api.runcomfy.net/x",
        "https://files.runcomfy.net@evil.test/", "https://evil.test#.runcomfy.net",
        "https://evil.test?.runcomfy.net", "https://evil.test\\.runcomfy.net", "https://evil%2eruncomfy.net/",
        "https://.runcomfy.net/", "https://a..runcomfy.net/", "https:files.runcomfy.net",
        "https://files.runcomfy.net:0/", "https://files.runcomfy.net:99999/",
        "https://files.runcomfy.net:+8/", "https://a b.runcomfy.net/", "https://a\n.runcomfy.net/",
        "https://[::1].runcomfy.net/", "https://ä.runcomfy.net/", "https://user:pw@files.runcomfy.net/",
        "https://127.0.0.1/", "https://[::1]/", "javascript:alert(1)",
    ])
    func `not allowed`(url: String) { #expect(!admits(url)) }

    @Test func `loopback is the apis host only where the api is there`() {
        for url in ["http://127.0.0.1:5/x", "http://localhost/x", "http://[::1]:5/x", "https://127.0.0.1/x"] {
            #expect(admits(url, api: "http://localhost:8080"))
            #expect(!admits(url))
        }
        #expect(!admits("http://127.evil.test/", api: "http://localhost:8080"))
        #expect(!admits("http://one.test/", api: "http://localhost:8080"))
    }

    @Test(
        arguments: [
            ("bytes 1-2/3", 1, 2, 3), ("BYTES  1-2/*", 1, 2, nil), ("bytes */9", nil, nil, 9),
        ] as [(String, Int64?, Int64?, Int64?)])
    func `ranges are read strictly`(text: String, start: Int64?, end: Int64?, total: Int64?) throws {
        let range = try #require(ContentRange(text))
        #expect(range.start == start && range.end == end && range.total == total)
    }

    @Test(arguments: [
        "", "bytes", "bytes 1-2", "bytes 2-1/3", "bytes 1-3/3", "bytes -1-2/3", "bytes 1-2/3/4", "bytes 1-/3",
        "bytes 1-2/99999999999999999999", "bytes +1-2/3", "items 1-2/3", "bytes=1-2/3",
    ])
    func `what is no range is none`(text: String) { #expect(ContentRange(text) == nil) }
}
