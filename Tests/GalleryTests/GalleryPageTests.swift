import JSON
import JobModel
import System
import Testing

@testable import Gallery

@Suite struct GalleryPageTests {
    private static let hostile = [
        "</script><script>alert(1)</script>", "<!-- <script>", #""><img src=x onerror=alert(1)>"#,
        "@data@ @script@",
        "it's \"quoted\" & <b>bold</b>", "\u{2028}\u{2029}", "\u{202E}evil", "]]>", "\\u003c/script>", "\0",
    ]

    private func job(_ text: String) -> GalleryJob {
        var job = GalleryJob(id: 7, state: "failed", model: text, createdAt: text)
        (job.label, job.prompt, job.command, job.error, job.endedAt) = (text, text, text, text, text)
        job.input = [(text, text)]
        job.files = [
            GalleryFile(
                jobID: 7, position: 1, kind: text, source: "/" + text, bytes: 1, mediaType: text, sha256: "ab"
            )
        ]
        return job
    }

    private func page(_ text: String) -> String {
        String(decoding: GalleryPage.bytes(title: text, jobs: [job(text)]), as: UTF8.self)
    }

    private func part(_ page: String, from start: String, to end: String) throws -> String {
        let first = try #require(page.firstRange(of: start))
        let last = try #require(page[first.upperBound...].firstRange(of: end))
        return String(page[first.upperBound..<last.lowerBound])
    }

    @Test(arguments: hostile) func `whatever a job says, the page keeps its elements`(text: String) throws {
        let (page, plain) = (page(text), page("plain"))
        for tag in ["<script", "</script>", "<!--", "<img", "<b>", "<style", "<a "] {
            #expect(page.ranges(of: tag).count == plain.ranges(of: tag).count, "\(tag)")
        }
    }

    @Test(arguments: hostile) func `whatever a job says, the page's data say it too`(text: String) throws {
        let data = try part(page(text), from: "id=\"data\">", to: "</script>")
        let job = try #require(try JSON(parsing: data, .strict).array?.first)
        for key in ["m", "l", "p", "e", "cmd", "at", "end"] { #expect(job[key]?.string == text, "\(key)") }
        #expect(job["in"]?.array == [.array([.string(text), .string(text)])])
    }

    private func link(_ part: Reference.Part, sent: [Int64]?) -> Link {
        var link = Link(jobID: 9, path: "$.images[0]", sourceID: 7, part: part)
        if let sent { (link.resolvedAt, link.sent) = (Timestamp(year: 2026, month: 1, day: 1), sent) }
        return link
    }

    @Test(
        arguments: [
            (.position(3), nil, "[3]"), (.position(3), [3], "[3]"), (.all, nil, "\"all\""),
            (.all, [1, 2], "[1,2]"),
            (.pick, nil, "\"pick\""), (.pick, [4], "[4]"),
        ] as [(Reference.Part, [Int64]?, String)])
    func `a job says which outputs it was made from, or will be`(
        part: Reference.Part, sent: [Int64]?, outputs: String
    ) {
        var (user, source) = (job("user"), job("source"))
        user.sources = [link(part, sent: sent)]
        source.users = [
            LinkedJob(link(part, sent: sent), in: .queued), LinkedJob(link(part, sent: sent), in: nil),
        ]
        #expect(user.json["from"]?.text == "[[7,\(outputs)]]" && user.json["to"] == nil)
        #expect(source.json["to"]?.text == "[[9,\(outputs),\"queued\"],[9,\(outputs)]]")
        #expect(source.json["from"] == nil)
    }

    @Test func `a job that belongs to no chain, and a picture that is not picked, take no room for it`() {
        var job = job("x")
        #expect(job.json["from"] == nil && job.json["to"] == nil)
        #expect(job.json["f"]?.array?.first?["pick"] == nil)
        job.files[0].isPicked = true
        #expect(job.json["f"]?.array?.first?["pick"]?.bool == true)
    }

    @Test func `the policy allows the page's own script and style, and nothing else that runs`() throws {
        let page = page("x")
        let policy = try part(page, from: "Content-Security-Policy\" content=\"", to: "\"")
        let script = try part(page, from: "</script>\n<script>", to: "</script>")
        let style = try part(page, from: "<style>", to: "</style>")
        for (name, text) in [("script-src", script), ("style-src", style)] {
            let digest = Base64.text(of: SHA256(Array(text.utf8)).bytes())
            #expect(policy.contains("\(name) 'sha256-\(digest)'"))
        }
        #expect(
            policy.hasPrefix("default-src 'none';") && !policy.contains("unsafe") && !policy.contains("http"))
    }

    @Test func `the page names no other place`() {
        let page = page("x")
        #expect(page.ranges(of: "http").count == page.ranges(of: "http://www.w3.org/2000/svg").count + 1)
        #expect(page.ranges(of: "http-equiv").count == 1)
    }

    @Test func `the icon's address holds only what an address may hold`() throws {
        let icon = try part(page("x"), from: "rel=\"icon\" href=\"", to: "\"")
        #expect(icon.hasPrefix("data:image/svg+xml,"))
        let allowed = Set("-._~:/?#[]@!$&'()*+,;=%")
        #expect(icon.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || allowed.contains($0)) })
    }

    @Test func `an element without a role is given one if it has a label`() throws {
        for line in page("x").split(separator: "\n") where line.contains("make(\"pre\"") {
            #expect(!line.contains("aria-label") || line.contains("role: "), "\(line)")
        }
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("\u{FF}~", "w79+"),
    ])
    func `base64 is that of RFC 4648`(text: String, expected: String) {
        #expect(Base64.text(of: Array(text.utf8)) == expected)
    }

    @Test(arguments: [
        "../x", "files/../x", "files/", "/etc/passwd", "files/a/b", "index.html", "files/.x", "other/1.png",
    ])
    func `a marker that was tampered with names nothing outside`(name: String) {
        let text = JSON.object(["jobd_gallery": .integer(1), "names": .array([.string(name)])]).text
        #expect(GalleryMarker(Array(text.utf8))?.names == [])
    }

    @Test(arguments: [
        ("/o/a.png", ".png"), ("/o/a.PNG", ".png"), ("/o.x/a", ""), ("/o/a.p#g", ""), ("/o/a.é", ""),
        ("/o/a.", ""),
        ("/o/?.html", ".html"),
    ])
    func `a name needs no escapes in an address`(source: String, ending: String) {
        let file = GalleryFile(
            jobID: 12, position: 3, kind: "image", source: source, bytes: 1, mediaType: "",
            sha256: "0123456789")
        #expect(file.name == "files/000012-3-01234567" + ending)
    }
}
