import Testing

@testable import HTTP

@Suite struct LoopbackHostTests {
    @Test(arguments: [
        "http://127.0.0.1", "http://127.0.0.1:8080/a", "https://127.255.255.254/", "HTTP://LOCALHOST/",
        "http://localhost.:80/", "http://a.localhost/", "http://[::1]:80/", "http://[0:0:0:0:0:0:0:1]/",
        "http://[::ffff:127.0.0.1]/", "http://127.1/", "http://0x7f000001/", "http://2130706433/",
        "http://u:p@127.0.0.1/", "http://localhost?a", "http://localhost#a",
    ])
    func `this machine is known by each of its names`(url: String) { #expect(LoopbackHost.isNamed(by: url)) }

    @Test(arguments: [
        "https://model-api.runcomfy.net", "https://127.0.0.1.example/", "https://localhost.example/",
        "https://notlocalhost/", "https://128.0.0.1/", "https://[::2]/", "https://[fe80::1]/", "https:///",
        "https://example/127.0.0.1", "https://127.0.0.1@example/", "https://example?@127.0.0.1", "",
    ])
    func `other machines are not this one, whatever their names hold`(url: String) {
        #expect(!LoopbackHost.isNamed(by: url))
    }

    @Test func `a token goes in clear to no proxy`() {
        func isDirect(_ url: String, _ token: String?) -> Bool {
            HTTPRequest(url: url, bearerToken: token).isDirect
        }
        #expect(isDirect("http://api.example/", "secret"))
        #expect(isDirect("HTTP://api.example/", "secret"))
        #expect(!isDirect("http://api.example/", nil))
        #expect(!isDirect("https://api.example/", "secret"))
        #expect(isDirect("https://localhost/", nil))
    }
}
