import CommandLineTool
import Testing

@testable import ControlCommands

@Suite struct HostAddressTests {
    @Test func `hosts are read as they are written`() throws {
        for (text, words) in [
            ("ssh://server", ["--", "server"]),
            ("ssh://me@server:2222", ["-l", "me", "-p", "2222", "--", "server"]),
            ("ssh://server/", ["--", "server"]), ("ssh://[::1]:22", ["-p", "22", "--", "::1"]),
            ("ssh://me@corp@server", ["-l", "me@corp", "--", "server"]),
            ("ssh://[fe80::1]", ["--", "fe80::1"]),
        ] { #expect(try HostAddress(text).words == words, "\(text)") }
    }

    @Test(arguments: [
        "", "server", "ssh://", "http://server", "ssh://server:0", "ssh://server:70000", "ssh://server:x",
        "ssh://-oProxyCommand=id", "ssh://-l@server", "ssh://a b", "ssh://server/path", "ssh://@server",
        "ssh://$(id)", "ssh://a;b", "ssh://server\n",
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: Failure.self) { try HostAddress(text) }
    }

    @Test func `words pass through any shell and back`() {
        for text in ["", "a", "it's", "\n", "é", "%", "%41", ".", "~", "\u{7F}", "a/b-c_d.e"] {
            let encoded = HostWords.encode(text)
            #expect(HostWords.decode(encoded) == text)
            #expect(encoded.hasPrefix("."))
            #expect(encoded.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "./-_%".contains($0)) })
        }
        for text in ["", "a", ".%4", ".%zz", ".%ff"] { #expect(HostWords.decode(text) == nil) }
    }
}
