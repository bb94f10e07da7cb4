import JobModel
import Testing

@testable import Provider

/// What goes into a path leads nowhere but there.
@Suite struct PathTests {
    @Test(arguments: [
        ("bytedance/seedream-4-0/edit", "bytedance/seedream-4-0/edit"), ("a.b_c~d/E-9", "a.b_c~d/E-9"),
        ("a b", "a%20b"), ("a?b#c", "a%3Fb%23c"), ("a%2e%2e/b", "a%252e%252e/b"), ("ä", "%C3%A4"),
        ("a\\b@c:d", "a%5Cb%40c%3Ad"), ("...", "..."), ("a\n", "a%0A"),
    ])
    func `a model is percent-encoded as needed`(_ model: String, _ path: String) {
        #expect(ModelPath.encode(model) == path)
    }

    @Test(arguments: [
        "", "/", "a/", "/a", "a//b", "..", "a/../b", "./a", "a/.", String(repeating: "a", count: 600),
    ])
    func `a model that leads elsewhere is refused`(_ model: String) {
        #expect(ModelPath.encode(model) == nil)
    }

    @Test func `ids are of known letters and length`() {
        #expect(RequestID.isUsable("a"))
        #expect(RequestID.isUsable("Az09_-"))
        #expect(RequestID.isUsable(String(repeating: "a", count: 128)))
        for id in [
            "", String(repeating: "a", count: 129), "a/b", "..", "a.b", "a b", "a%20", "é", "a\n", "a?b",
        ] { #expect(!RequestID.isUsable(id), "\(id)") }
    }
}
