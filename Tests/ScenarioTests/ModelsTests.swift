import JSON
import Scratch
import Testing

@Suite struct ModelsTests {
    private let stage = Stage()

    @Test(arguments: [
        "bytedance/seedance-v1.5-pro/image-to-video", Stage.edit, "bytedance/seedream-4-0/edit-sequential",
        Stage.sequential,
    ])
    func `the example of each model can be typed as it is`(model: String) throws {
        let page = try stage.jobctl("models", "show", model)
        let example = try #require(page.lines.last { $0.contains("jobctl enqueue ") })
        let words = example.split(separator: "enqueue ", maxSplits: 1)[1]
        let answer = try stage.run("/bin/sh", ["-c", "\(Program.jobctl) validate \(words)"])
        #expect(answer.code == 0, "\(answer)")
        #expect(try stage.run("/bin/sh", ["-c", "\(Program.jobctl) enqueue -q \(words)"]).output == "1\n")
    }

    @Test func `an example stays one command, whatever a schema holds`() throws {
        let schema = #"""
            {"model_id": "a/b", "input_schema": {"required": ["it's", "n", "list", "flag", "o", "short", "undefined"],
              "properties": {
                "it's": {"type": "string", "enum": ["'; touch /tmp/owned; '", "$(id)", "b"]},
                "n": {"type": "integer", "minimum": 7, "maximum": 9}, "flag": {"type": "boolean"},
                "list": {"type": "array", "items": {"type": "string", "format": "video_uri"}, "minItems": 2},
                "o": {"type": "object"}, "short": {"type": "string", "maxLength": 4}}}}
            """#
        #expect(try stage.jobctl("models", "import", stage.file("schema.json", schema)).code == 0)
        let page = try stage.jobctl("models", "show", "a/b")
        let example = try #require(page.lines.last { $0.contains("jobctl enqueue ") })
        let words = example.split(separator: "enqueue ", maxSplits: 1)[1]
        let answer = try stage.run("/bin/sh", ["-c", "\(Program.jobctl) enqueue -n --json \(words)"])
        #expect(answer.code == 0, "\(answer)")
        let input = try answer.object()["input"]
        #expect(input?["it's"] == "'; touch /tmp/owned; '" && input?["n"] == .integer(7))
        #expect(input?["list"] == .array(["https://example.com/1.mp4", "https://example.com/2.mp4"]))
        #expect(input?["flag"] == .bool(true) && input?["o"] == .object([:]) && input?["short"] == "A fo")
    }

    @Test func `a page says in words what each key takes`() throws {
        let page = try stage.jobctl("models", "show", Stage.edit).output
        for line in [
            "prompt  required", "    text, at most 600 characters",
            "    list of image files (paths, https URLs or job:ID), 1 to 10 of them",
            "    each file: at most 10 MB; at least 14 pixels wide and high; width/height",
            "    text, one of",
            "    the service's default: 2048x2048 (1:1)", "    price: not known",
        ] { #expect(page.contains(line + "\n"), "\(line): \(page)") }
    }

    @Test func `words choose models, and a mistyped one is answered with the nearest`() throws {
        #expect(
            try stage.jobctl("models", "SEEDREAM", "edit", "-q").lines == [
                Stage.edit, "bytedance/seedream-4-0/edit-sequential",
            ])
        let nothing = try stage.jobctl("models", "sedream")
        #expect(nothing.code == 1 && nothing.errors.contains("did you mean seedream?"))
        #expect(try stage.jobctl("models", "shwo", "x").errors.contains("jobctl models show"))
        #expect(try stage.jobctl("models", "show", "seedream-4-0/edi").errors.contains(Stage.edit))
        #expect(try stage.jobctl("models", "show").code == 64)
        #expect(try stage.jobctl("models", "-n").code == 64)
    }

    @Test func `a price and its note reach the list, the page, and what is estimated`() throws {
        let entry = #"""
            {"model_id": "a/b", "display_name": "The One", "base_price_usd": 0.5, "price_unit": "second",
             "pricing_note": "Half a dollar.", "input_schema": {"properties": {"duration": {"type": "integer"}}}}
            """#
        #expect(try stage.jobctl("models", "import", stage.file("one.json", entry)).code == 0)
        #expect(try stage.jobctl("models", "the", "one").output.hasPrefix("a/b\t$0.50/second\t20"))
        #expect(
            try stage.jobctl("models", "show", "a/b").output.contains("price: $0.50/second (Half a dollar.)")
        )
        let json = try stage.jobctl("models", "one", "--json").object()
        #expect(json["base_price_usd"] == .number("0.5") && json["pricing_note"] == "Half a dollar.")
        #expect(json["stored"] == .bool(true) && json["updated_at"]?.string != nil)
    }

    @Test func `a schema without a sound name is refused`() throws {
        for name in ["a//b", "../b", "a b", ""] {
            let entry = #"{"model_id": "\#(name)", "input_schema": {}}"#
            #expect(try stage.jobctl("models", "import", stage.file("x.json", entry)).code == 65)
        }
    }

    @Test func `jobctl without jobd says what is missing`() throws {
        #expect(try stage.run("/bin/cp", [Program.jobctl, stage.folder + "/jobctl"]).code == 0)
        for words in [
            ["models", "refresh"],
            ["validate", Stage.edit, "prompt=x", "images=https://h.test/a", "--fetch"],
        ] {
            let answer = try stage.run(stage.folder + "/jobctl", words, environment: ["PATH": "/bin"])
            #expect(answer.code == 69 && answer.errors.contains("install jobd beside jobctl"), "\(answer)")
        }
    }

    @Test func `everything that is wrong is listed by its path`() throws {
        let answer = try stage.jobctl(
            "validate", Stage.edit, "images=ftp://x", "images:=[1, \"https://h.test/a\"]", "resolution=9K",
            "extra=1",
            "--json")
        #expect(answer.code == 65)
        let paths = try answer.object()["violations"]?.array?.compactMap { $0["path"]?.string }
        #expect(paths == ["$.prompt", "$.images[0]", "$.images[1]", "$.resolution", "$.extra"])
    }
}
