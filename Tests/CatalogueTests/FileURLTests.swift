import Catalogue
import Testing

@Suite("Addresses of files")
struct FileURLTests {
    @Test(arguments: [
        "https://example.com", "https://example.com/a.png", "HTTPS://EXAMPLE.COM/A.PNG",
        "https://example.com:8443/a?b=c&d=%20#e", "https://example.com?a", "https://example.com#a",
        "https://example.com./a", "https://example.com:/a", "https://10.0.0.1/a", "https://localhost/a",
        "https://[2001:db8::1]/a", "https://[2001:db8::1]:8443/a", "https://[::ffff:1.2.3.4]/a",
        "https://a_b.example.com/a@b", "https://example.com/a?email=a@b.c", "https://example.com/ä/猫.png",
        "https://münchen.example/a.png", "https://example.com/~a/(b);c,d!e'f$g*h+i[0]",
        "http://localhost", "http://localhost:8080/a.png", "http://LocalHost/a", "http://127.0.0.1/a",
        "http://127.255.0.3:1/a", "http://[::1]/a", "http://[::1]:8080/a",
    ])
    func `https, and http on loopback, are taken`(_ address: String) {
        #expect(FileURL.fault(in: address) == nil)
    }

    @Test(arguments: [
        "cat.png", "/home/me/cat.png", "./cat.png", "~/cat.png", "C:\\cat.png", "file:///cat.png",
        "data:image/png;base64,AAAA", "ftp://example.com/a", "s3://bucket/a", "example.com/a.png",
        "//example.com/a.png", "httpss://example.com/", "ahttps://example.com/", " https://example.com/",
        "https", "http", "://example.com", "ſhttps://example.com",
    ])
    func `what is no URL of the web is told how to name a local file`(_ address: String) {
        #expect(FileURL.fault(in: address)?.contains("write file:PATH") == true)
    }

    @Test(arguments: [
        "http://example.com/a", "http://localhost.example.com/", "http://example.com/localhost",
        "http://127.0.0.1.example.com/", "http://127.0.0.1./", "http://128.0.0.1/", "http://127.1/",
        "http://0127.0.0.1/", "http://127.0.0.01/", "http://127.0.0.256/", "http://127.0.0.1.1/",
        "http://2130706433/", "http://0x7f.0.0.1/", "http://0.0.0.0/", "http://[::]/", "http://[::2]/",
        "http://[::ffff:127.0.0.1]/", "http://localhost./", "http://xlocalhost/",
        "http://example.com?localhost", "http://example.com#@localhost/", "http://ⓛocalhost/",
        "http://127.0.0.１/", "http://169.254.169.254/",
    ])
    func `http is refused outside of loopback, whatever the address pretends`(_ address: String) {
        #expect(FileURL.fault(in: address)?.contains("only https is allowed") == true, "\(address)")
    }

    @Test(arguments: [
        "http://localhost@example.com/", "http://localhost:80@example.com/",
        "https://user:word@example.com/a", "https://user@example.com/", "https://@example.com/",
        "http://example.com@localhost/", "http://localhost\\@example.com/", "https://example.com\\a",
        "http://localhost\t.example.com/", "http://local host/", "https://example.com/a b",
        "https://example.com/a\n", "https://example.com/\u{0}", "https://example.com/\u{7F}",
        "https://example.com/\u{85}", "https://example.com/\u{A0}", "https://example.com/\u{202E}gnp",
        "https://example.com/\u{2028}", "https://example.com/<a>", "https://example.com/{name}.png",
        "https://example.com/a|b", "https://example.com/\"",
    ])
    func `an address that readers could take for different hosts is refused`(_ address: String) {
        let fault = FileURL.fault(in: address)
        #expect(fault?.contains("has a") == true, "\(address)")
    }

    @Test(arguments: [
        "https:", "https:/", "https://", "https:///a", "https://?a", "https://:443/", "https://.",
        "https://..a", "https://.example.com/", "https://example..com/", "https:example.com",
        "https:/example.com/a", "https://[::1/", "https://::1/", "https://[]/", "https://[x]/",
        "https://[::1]a/", "https://[fe80::1%eth0]/", "https://example.com:0/", "https://example.com:65536/",
        "https://example.com:x/", "https://example.com:-1/", "https://example.com:+80/",
        "https://example.com:99999999999999999999/", "https://exa%6dple.com/", "https://a,b/", "http:",
        "http://", "http:localhost", "http:///localhost",
    ])
    func `a host must be there, and a port must be one`(_ address: String) {
        #expect(FileURL.fault(in: address)?.hasPrefix("has no ") == true, "\(address)")
    }

    @Test func `an empty address is told to be one`() {
        #expect(FileURL.fault(in: "") == "is empty; give an https URL")
    }
}
