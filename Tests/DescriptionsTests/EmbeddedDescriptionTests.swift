import JSON
import JobModel
import Scratch
import Testing

@testable import Descriptions

@Suite struct EmbeddedDescriptionTests {
    private static let hostile = [
        "", "a fox", "]]><x/>&amp;\"'", "\0\u{1}\u{7F}\u{FFFF}\n\r\t", "狐 🦊 e\u{301}", "--><!--", "{}", "\\",
    ]

    private func description(_ text: String, label: String? = nil, isPicked: Bool = false) -> FileDescription
    {
        let input = JSON.object(["prompt": .string(text), "seed": .integer(7), "size": .string("a, b: c")])
        var job = Job(
            id: 12, state: .completed, model: "a/b", input: input.text,
            createdAt: Timestamp(milliseconds: 0))
        job.label = label
        var output = Output(jobID: 12, position: 1, kind: .image, url: "u")
        (output.width, output.height) = (640, 480)
        output.pickedAt = isPicked ? Timestamp(milliseconds: 0) : nil
        return FileDescription(of: job, output, schema: nil)
    }

    private func media(_ name: String) throws -> [UInt8] {
        try #require(FileOnDisk.bytes(FileOnDisk.repository + "/Tests/Fixtures/media/" + name))
    }

    @Test func `settings are written as the interface of AUTOMATIC1111 reads them`() {
        #expect(
            description("a fox").parameters
                == "a fox\nSeed: 7, Size: 640x480, Model: a/b, size: \"a, b: c\", Job: 12, Version: jobd")
    }

    @Test(arguments: hostile)
    func `XMP is well-formed whatever a prompt holds`(text: String) {
        let xmp = description(text, label: text, isPicked: true).xmp
        #expect(FileDescription.isOurs(Array(xmp.utf8)))
        #expect(xmp.contains("xmp:Rating=\"5\""))
        let controls = xmp.unicodeScalars.filter { $0.value < 0x20 && $0 != "\n" || $0.value == 0x7F }
        #expect(controls.isEmpty)
        #expect(xmp.split(separator: "<").dropFirst().allSatisfy { $0.count { $0 == ">" } == 1 })
    }

    @Test func `only what is picked is rated, and others' packets are known`() {
        #expect(!description("a fox").xmp.contains("Rating"))
        #expect(!FileDescription.isOurs(Array("<x:xmpmeta x:xmptk=\"XMP Core 6.0\">".utf8)))
        #expect(!FileDescription.isOurs([]))
    }

    @Test(arguments: [
        "still.png", "animated.png", "still.jpg", "progressive.jpg", "still.webp", "lossless.webp",
    ])
    func `the picture stays, and a description is added once`(name: String) throws {
        let picture = try media(name)
        let described = try #require(EmbeddedDescription.bytes(picture, with: description("a fox")))
        #expect(described.count > picture.count + 500)
        #expect(String(decoding: described, as: UTF8.self).contains("tag:jobd,2026:xmp/"))
        // What a picture says already stays.
        #expect(EmbeddedDescription.bytes(described, with: description("a wolf")) == described)
    }

    @Test(arguments: ["still.png", "still.jpg", "lossless.webp"])
    func `a damaged picture is left alone and crashes nothing`(name: String) throws {
        let picture = try media(name)
        for count in stride(from: 0, to: picture.count, by: max(1, picture.count / 300)) {
            _ = EmbeddedDescription.bytes(Array(picture[..<count]), with: description("a fox"))
        }
        var numbers = SeededNumbers(7)
        for _ in 0..<300 {
            var changed = picture
            for _ in 0..<4 {
                changed[Int.random(in: 0..<min(200, changed.count), using: &numbers)] = UInt8.random(
                    in: 0...255, using: &numbers)
            }
            _ = EmbeddedDescription.bytes(changed, with: description("a fox"))
        }
        #expect(EmbeddedDescription.bytes([], with: description("a fox")) == nil)
        #expect(EmbeddedDescription.bytes(try media("still.gif"), with: description("a fox")) == nil)
    }

    @Test func `what is too long for a JPEG is shortened`() throws {
        let long = String(repeating: "fox & ", count: 40_000)
        let picture = try media("still.jpg")
        let described = try #require(EmbeddedDescription.bytes(picture, with: description(long)))
        #expect(described.count > picture.count && described.count < picture.count + 200_000)
    }
}
