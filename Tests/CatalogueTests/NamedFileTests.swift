import Catalogue
import JSON
import Testing

@Suite("The files that an input names, and what a model may be called")
struct NamedFileTests {
    @Test func `each file is found with its path, and what is no address is not`() throws {
        let input = try JSON(
            parsing: """
                {"prompt": "https://h.test/not-a-file", "images": ["https://h.test/a", "ftp://h.test/b", 7,
                 "http://127.0.0.1:1/c"], "other": "https://h.test/d"}
                """)
        let found = try Sample.editSequential.schema().check(input).files
        #expect(found.map(\.path) == ["$.images[0]", "$.images[3]"])
        #expect(found.map(\.url) == ["https://h.test/a", "http://127.0.0.1:1/c"])
        #expect(found.allSatisfy { $0.demand.kind == "image" && $0.demand.validations.count == 7 })
        let frame = try JSON(parsing: #"{"first_frame_image_url": "https://h.test/a"}"#)
        #expect(try Sample.video.schema().check(frame).files.map(\.path) == ["$.first_frame_image_url"])
    }

    @Test func `a property says what kind of file it asks for`() throws {
        func kind(_ definition: String) throws -> String? { try property(definition)["p"]?.file?.kind }
        #expect(try kind(#"{"type": "array", "items": {"format": "image_uri"}}"#) == "image")
        #expect(try kind(#"{"format": "video_uri"}"#) == "video")
        #expect(try kind(#"{"format": "audio_uris"}"#) == "audio")
        #expect(try kind(#"{"format": "model_uri"}"#) == nil)
        #expect(try kind(#"{"validations": [{"validation_rule": "x"}]}"#) == nil)
    }

    @Test func `a stored schema that cannot be read does not hide the one in the program`() {
        let edit = Sample.edit.rawValue
        #expect(Schema.known(edit, stored: "{}")?.document == Schema.builtIn(edit)?.document)
        #expect(Schema.known(edit, stored: #"{"input_schema": {}}"#)?.isEmpty == true)
        #expect(Schema.known("a/b", stored: "no json") == nil && Schema.known("a/b", stored: nil) == nil)
    }

    @Test(arguments: [
        ("a/b-c_d.e~f", true), ("a", true), ("", false), ("a//b", false), ("/a", false), ("a/", false),
        ("a/../b", false), (".", false), ("a b", false), ("a/b?c", false), ("ä/b", false), ("a%2Fb", false),
        (String(repeating: "a", count: 256), true), (String(repeating: "a", count: 257), false),
    ])
    func `what leads out of its place in a path is no model`(name: String, isSound: Bool) {
        #expect(ModelID.isSound(name) == isSound)
    }
}
