import JSON
import Scratch
import Testing

/// Schemas as other makers' catalogues write them, and keys that only look alike, through the real program.
@Suite struct SchemaTests {
    private let stage = Stage()

    private static let composed = "\u{E9}"
    private static let decomposed = "e\u{301}"

    private func inputs() throws -> [String] { try stage.texts("SELECT input FROM jobs ORDER BY id") }

    @Test func `two spellings of a letter are two keys, wherever a key is typed`() throws {
        let (one, two) = (Self.composed, Self.decomposed)
        #expect(try stage.jobctl("enqueue", "a/b", "\(one)=1", "\(two)=2").code == 0)
        #expect(try inputs() == ["{\"\(one)\":\"1\",\"\(two)\":\"2\"}"])
        #expect(try stage.jobctl("enqueue", "--like", "1", "--without", two).code == 0)
        #expect(try stage.jobctl("enqueue", "--like", "1", "\(two)=3").code == 0)
        #expect(try inputs().suffix(2) == ["{\"\(one)\":\"1\"}", "{\"\(one)\":\"1\",\"\(two)\":\"3\"}"])
        let missing = try stage.jobctl("enqueue", "--like", "2", "--without", two)
        #expect(missing.code == 64, "\(missing)")
        let matrix = try stage.jobctl(
            "enqueue", "a/b", "--matrix", "\(one)=\(one),\(two)", "--matrix", "\(two)=x")
        #expect(matrix.code == 0, "\(matrix)")
        #expect(try stage.jobCount() == 5)
        // Compared as texts would be, the two spellings pass for each other.
        #expect(
            try inputs().last.map { Array($0.utf8) } == Array("{\"\(one)\":\"\(two)\",\"\(two)\":\"x\"}".utf8)
        )
    }

    @Test func `two spellings of a label are two labels, and two spellings of a key two jobs`() throws {
        for text in [Self.composed, Self.decomposed] {
            #expect(try stage.jobctl("enqueue", "a/b", "x=1", "--label", text, "--key", text).code == 0)
        }
        #expect(try stage.jobctl("list", "--label", Self.decomposed, "-q").lines == ["2"])
    }

    private static let schema = #"""
        {"model_id": "a/pydantic", "input_schema": {
          "$defs": {"Size": {"enum": ["small", "large"], "type": "string"},
                    "Lora": {"type": "object", "required": ["path"], "properties": {
                      "path": {"type": "string", "pattern": "^(?!/)"}, "scale": {"type": "number", "exclusiveMinimum": 0}}}},
          "required": ["prompt"],
          "properties": {"prompt": {"type": "string"}, "seed": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "size": {"anyOf": [{"$ref": "#/$defs/Size"}, {"type": "null"}], "default": null},
            "step": {"type": "number", "multipleOf": 0.25, "minimum": 0, "exclusiveMaximum": 2},
            "loras": {"type": "array", "items": {"$ref": "#/$defs/Lora"}, "uniqueItems": true},
            "odd": {"type": "string", "format": "date", "contentEncoding": "base64", "$ref": "https://x.test/y"}}}}
        """#

    @Test func `a schema made of several is read, checked, shown and completed`() throws {
        #expect(try stage.jobctl("models", "import", stage.file("s.json", Self.schema)).code == 0)
        let page = try stage.jobctl("models", "show", "pydantic").output
        for words in [
            "whole number or null", "small | large", "a multiple of 0.25", "less than 2", "each one once",
            "$.loras[*].path: pattern \"^(?!/)\"", "$.odd: format \"date\"",
            "$.odd: $ref \"https://x.test/y\"",
        ] { #expect(page.contains(words), "\(words): \(page)") }
        let answer = try stage.jobctl("enqueue", "pydantic", "prompt=x", "seed=5", "size=l", "-n", "--json")
        #expect(try answer.object()["input"]?.text == #"{"prompt":"x","seed":5,"size":"large"}"#)
        let refused = try stage.jobctl(
            "enqueue", "pydantic", "prompt=x", "size=smal1", "step=0.3", #"loras:=[{"scale":0}]"#)
        #expect(refused.code == 65 && refused.errors.contains("$.step: is 0.3; must be a multiple of 0.25"))
        #expect(refused.errors.contains("$.loras[0].path: is required"))
        #expect(refused.errors.contains("did you mean \"small\"?"), "\(refused)")
        let candidates = try stage.jobctl(["complete", "zsh", "enqueue", "a/pydantic", "size=l"])
        #expect(candidates.lines == ["size=large"])
        #expect(try stage.jobctl("enqueue", "pydantic", "step=0.3", "--no-validate").code == 0)
    }
}
