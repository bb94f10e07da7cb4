import Catalogue
import JSON
import Testing

/// What a schema's keywords allow, each beside the values that keep and break it.
@Suite("Keywords of a schema")
struct KeywordTests {
    static let passing: [(String, [String])] = [
        (#"{"const": {"a": [1]}}"#, [#"{"a": [1.0]}"#]), (#"{"const": null}"#, ["null"]),
        (
            #"{"type": "number", "multipleOf": 0.1}"#,
            ["0.3", "1", "-7.7", "0", "1e3", "123456789012345678901.9"]
        ),
        (#"{"multipleOf": 0.01}"#, ["19.99", #""text""#, "1e30"]),
        (#"{"multipleOf": 8}"#, ["1024", "1.6e1", "8e40"]),
        (#"{"multipleOf": 0}"#, ["3"]), (#"{"multipleOf": -2}"#, ["3"]),
        (#"{"type": "string", "pattern": "^[a-z]{2,3}(-[A-Z]+)?$"}"#, [#""en""#, #""de-AT""#]),
        (#"{"pattern": "cat|dog"}"#, [#""hotdog""#, "5"]), (#"{"pattern": "^\\d+:\\d+$"}"#, [#""16:9""#]),
        (#"{"pattern": "^#[0-9a-fA-F]{6}$"}"#, [##""#00ffAA""##]), (#"{"pattern": "^.{1,3}$"}"#, [#""🐈é""#]),
        (#"{"pattern": "^(?=a)b$"}"#, [#""anything""#]), (#"{"pattern": "("}"#, [#""anything""#]),
        (#"{"exclusiveMinimum": 0, "exclusiveMaximum": 1}"#, ["0.5", "1e-9"]),
        (#"{"minimum": 0, "exclusiveMinimum": false}"#, ["0"]),
        (#"{"minimum": 0, "exclusiveMinimum": true}"#, ["0.1"]),
        (#"{"uniqueItems": true}"#, [#"[1, "1", true, [1], {"a": 1}]"#, "[]", #"["é", "e\u0301"]"#]),
        (#"{"type": ["integer", "null"]}"#, ["5", "null"]), (#"{"type": "null"}"#, ["null"]),
        (#"{"type": "integer", "nullable": true}"#, ["5", "null"]),
        (#"{"type": "string", "enum": ["a"], "nullable": true}"#, ["null", #""a""#]),
        (#"{"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}"#, ["5", "null"]),
        (#"{"oneOf": [{"enum": ["auto"]}, {"type": "integer"}]}"#, [#""auto""#, "7"]),
        (#"{"allOf": [{"minimum": 1}, {"maximum": 3}]}"#, ["2"]),
        (#"{"not": {"type": "null"}}"#, ["3"]),
        (#"{"items": {"items": {"type": "integer"}}}"#, ["[[1], []]", "[3]"]),
        (
            #"{"prefixItems": [{"type": "integer"}, {"type": "string"}], "items": {"type": "boolean"}}"#,
            [#"[1, "a", true]"#, "[1]"]
        ),
        (#"{"items": [{"type": "integer"}], "additionalItems": false}"#, ["[1]", "[]"]),
        (#"{"type": "object", "properties": {"a": {"type": "integer"}}}"#, [#"{"a": 1, "b": "x"}"#]),
        (
            #"{"properties": {"a": {}}, "additionalProperties": {"type": "integer"}}"#,
            [#"{"a": "x", "b": 2}"#]
        ),
        (
            #"{"patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": false}"#,
            [#"{"x-a": 2}"#]
        ),
        (#"{"minProperties": 1, "maxProperties": 2}"#, [#"{"a": 1}"#]),
        (#"{"format": "image_uri", "type": "string", "default": ""}"#, [#""""#, #""https://a.b/c""#]),
        (
            #"{"anyOf": [{"type": "string", "format": "image_uri"}, {"type": "null"}], "default": ""}"#,
            [#""""#]
        ),
        (
            #"{"type": "object", "properties": {"image": {"format": "image_uri"}}}"#,
            [#"{"image": "https://a.b/c"}"#]
        ),
    ]

    @Test(arguments: passing)
    func `these pass`(_ definition: String, _ values: [String]) throws {
        for value in values { #expect(try violations(#"{"p": \#(value)}"#, property(definition)) == []) }
    }

    static let failing: [(String, String, String)] = [
        (#"{"const": "a"}"#, #""b""#, #"$.p: must be "a", not the string "b""#),
        (#"{"const": null}"#, "1", "$.p: must be null, not 1"),
        (#"{"const": "é"}"#, #""e\u0301""#, "$.p: must be \"é\", not the string \"e\u{301}\""),
        (#"{"multipleOf": 0.1}"#, "0.35", "$.p: is 0.35; must be a multiple of 0.1"),
        (#"{"multipleOf": 8}"#, "9007199254740993", "$.p: is 9007199254740993; must be a multiple of 8"),
        (#"{"multipleOf": 1e3}"#, "1500", "$.p: is 1500; must be a multiple of 1e3"),
        (#"{"pattern": "^[a-z]+$"}"#, #""a1""#, #"$.p: is "a1"; must match the pattern "^[a-z]+$""#),
        (
            #"{"pattern": "^(a+)+$"}"#, #""aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab""#,
            #"$.p: is "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"; must match the pattern "^(a+)+$""#
        ),
        (#"{"exclusiveMinimum": 0}"#, "0", "$.p: is 0; must be more than 0"),
        (#"{"exclusiveMaximum": 1.0}"#, "1", "$.p: is 1; must be less than 1.0"),
        (#"{"minimum": 0, "exclusiveMinimum": true}"#, "0", "$.p: is 0; must be more than 0"),
        (#"{"maximum": 1, "exclusiveMaximum": true}"#, "1e0", "$.p: is 1e0; must be less than 1"),
        (
            #"{"uniqueItems": true}"#, #"[1, "a", 1.0]"#,
            "$.p[2]: is the same as [0]; each item may be given once"
        ),
        (
            #"{"uniqueItems": true}"#, #"[{"a": 1, "b": 2}, {"b": 2.0, "a": 1}]"#,
            "$.p[1]: is the same as [0]; each item may be given once"
        ),
        (#"{"type": ["integer", "null"]}"#, #""x""#, #"$.p: must be an integer or null, not the string "x""#),
        (
            #"{"type": "integer", "nullable": true}"#, #""x""#,
            #"$.p: must be an integer or null, not the string "x""#
        ),
        (#"{"type": "integer"}"#, "null", "$.p: must be an integer, not null"),
        (
            #"{"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}"#, "0",
            "$.p: is 0; must be at least 1"
        ),
        (
            #"{"anyOf": [{"type": "integer"}, {"type": "null"}]}"#, #""x""#,
            #"$.p: must be an integer or null, not the string "x""#
        ),
        (
            #"{"oneOf": [{"type": "integer"}, {"minimum": 1}]}"#, "3",
            "$.p: fits 2 alternatives that exclude each other"
        ),
        (#"{"allOf": [{"minimum": 1}, {"maximum": 3}]}"#, "4", "$.p: is 4; must be at most 3"),
        (#"{"not": {"type": "null"}}"#, "null", "$.p: is excluded by the schema"),
        (
            #"{"items": {"items": {"type": "integer"}}}"#, #"[[1], [2, "x"]]"#,
            #"$.p[1][1]: must be an integer, not the string "x""#
        ),
        (
            #"{"prefixItems": [{"type": "integer"}]}"#, #"["a"]"#,
            #"$.p[0]: must be an integer, not the string "a""#
        ),
        (#"{"prefixItems": [{}], "items": false}"#, "[1, 2]", "$.p[1]: is one item too many"),
        (#"{"type": "object", "required": ["a"]}"#, "{}", "$.p.a: is required"),
        (
            #"{"properties": {"a": {"properties": {"b": {"type": "integer"}}}}}"#, #"{"a": {"b": "x"}}"#,
            #"$.p.a.b: must be an integer, not the string "x""#
        ),
        (
            #"{"properties": {"path": {}}, "additionalProperties": false}"#, #"{"pathh": 1}"#,
            #"$.p.pathh: is not allowed here; did you mean "path"?"#
        ),
        (
            #"{"additionalProperties": {"type": "integer"}}"#, #"{"a": "x"}"#,
            #"$.p.a: must be an integer, not the string "x""#
        ),
        (
            #"{"patternProperties": {"^x-": {"type": "integer"}}}"#, #"{"x-a": "x"}"#,
            #"$.p['x-a']: must be an integer, not the string "x""#
        ),
        (#"{"minProperties": 1}"#, "{}", "$.p: has 0 keys; at least 1 must be given"),
        (
            #"{"properties": {"image": {"type": "string", "format": "image_uri"}}}"#,
            #"{"image": "/tmp/a.png"}"#,
            "$.p.image: is not an https URL; for a file on this machine, write file:PATH"
        ),
        (
            #"{"items": {"properties": {"image": {"format": "image_uri"}}}}"#, #"[{"image": ""}]"#,
            "$.p[0].image: is empty; give an https URL"
        ),
        (
            #"{"format": "image_uri", "type": "string", "default": "https://a.b/c"}"#, #""""#,
            "$.p: is empty; give an https URL"
        ),
    ]

    @Test(arguments: failing)
    func `these are refused, each with its path and its reason`(
        _ definition: String, _ value: String, _ expected: String
    ) throws {
        #expect(try violations(#"{"p": \#(value)}"#, property(definition)) == [expected])
    }
}

@Suite("Schemas made of several")
struct CompositionTests {
    private static let shared = #"""
        {"$defs": {"Size": {"type": "string", "enum": ["1K", "2K"]},
                   "Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "n": {"type": "integer"}}},
                   "a/b~c": {"type": "boolean"}},
         "properties": {"size": {"$ref": "#/$defs/Size"}, "node": {"$ref": "#/$defs/Node"},
                        "odd": {"$ref": "#/$defs/a~1b~0c"}, "same": {"$ref": "#/properties/odd"},
                        "maybe": {"anyOf": [{"$ref": "#/$defs/Size"}, {"type": "null"}]},
                        "far": {"$ref": "https://example.com/schema.json"}, "none": {"$ref": "#/$defs/none"}}}
        """#

    @Test func `a local reference is followed, also one that leads back to itself; others are not checked`()
        throws
    {
        let schema = try schema(Self.shared)
        #expect(
            try violations(#"{"size": "2K", "odd": true, "far": 5, "none": [], "maybe": null}"#, schema) == []
        )
        #expect(
            try violations(
                #"{"size": "3K", "same": 1, "node": {"next": {"next": {"n": "x"}}}, "maybe": "3K"}"#, schema)
                == [
                    #"$.size: must be one of "1K", "2K", not the string "3K""#,
                    "$.same: must be true or false, not 1",
                    #"$.node.next.next.n: must be an integer, not the string "x""#,
                    #"$.maybe: must be one of "1K", "2K", not the string "3K""#,
                ])
    }

    @Test func `keys under allOf, oneOf and anyOf are known, too`() throws {
        let schema = try schema(
            #"""
            {"properties": {"prompt": {"type": "string"}}, "required": ["prompt"],
             "allOf": [{"properties": {"seed": {"type": "integer"}}, "required": ["seed"]}],
             "oneOf": [{"required": ["image"], "properties": {"image": {"type": "string", "format": "image_uri"}}},
                       {"required": ["video"], "properties": {"video": {"type": "string", "format": "video_uri"}}}]}
            """#)
        #expect(try violations(#"{"prompt": "x", "seed": 1, "video": "https://a.b/c"}"#, schema) == [])
        #expect(
            try violations(#"{"prompt": "x", "seed": "1", "image": "https://a.b/c"}"#, schema) == [
                #"$.seed: must be an integer, not the string "1""#
            ])
        #expect(
            try violations(#"{"prompt": "x", "seed": 1, "vidoe": 1}"#, schema) == [
                #"$.vidoe: is not known to this model; did you mean "video"?"#, "$.image: is required",
            ])
        #expect(Set(schema.properties.map(\.name)) == ["prompt", "seed", "image", "video"])
        #expect(JSON.object(try schema.read(["seed=5"])).text == #"{"seed":5}"#)
    }

    @Test func `a model takes any key where its schema says so`() throws {
        for extra in [
            #""additionalProperties": true"#, #""additionalProperties": {"type": "integer"}"#,
            #""patternProperties": {"^x": {"type": "integer"}}"#,
        ] {
            let schema = try schema(#"{"properties": {"p": {}}, \#(extra)}"#)
            #expect(try violations(#"{"p": 1, "x": 2}"#, schema) == [], "\(extra)")
        }
        let closed = try schema(#"{"properties": {"p": {}}, "additionalProperties": {"type": "integer"}}"#)
        #expect(try violations(#"{"x": "a"}"#, closed) == [#"$.x: must be an integer, not the string "a""#])
    }

    @Test func `KEY=VALUE is read as the type that one of several alternatives names`() throws {
        let schema = try schema(
            #"""
            {"$defs": {"Size": {"type": "string", "enum": ["1K", "2K"]}},
             "properties": {"seed": {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "n": {"type": ["number", "null"]},
              "size": {"anyOf": [{"$ref": "#/$defs/Size"}, {"type": "null"}]}, "old": {"allOf": [{"$ref": "#/$defs/Size"}]},
              "text": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "c": {"const": 3}, "e": {"enum": [1, 2]},
              "many": {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]},
              "either": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}}}
            """#)
        func read(_ words: String...) throws -> String { JSON.object(try schema.read(words)).text }
        #expect(try read("seed=5") == #"{"seed":5}"# && read("seed=null") == #"{"seed":null}"#)
        #expect(try read("seed=x") == #"{"seed":"x"}"# && read("n=0.5") == #"{"n":0.5}"#)
        #expect(try read("size=1") == #"{"size":"1K"}"# && read("old=2k") == #"{"old":"2K"}"#)
        #expect(try read("text=null") == #"{"text":"null"}"# && read("text=5") == #"{"text":"5"}"#)
        #expect(try read("c=3", "e=2") == #"{"c":3,"e":2}"#)
        #expect(try read("many=1") == #"{"many":[1]}"# && read("many=1", "many=2") == #"{"many":[1,2]}"#)
        #expect(
            try read("either=a") == #"{"either":"a"}"#
                && read("either=a", "either=b") == #"{"either":["a","b"]}"#)
    }

    @Test func `files inside objects and lists of lists are found, each with what is demanded of it`() throws
    {
        let schema = try schema(
            #"""
            {"properties": {"lora": {"type": "object", "properties": {"image": {"type": "string", "format": "image_uri"}}},
              "frames": {"type": "array", "items": {"type": "array", "items": {"type": "string", "format": "image_uri"}}},
              "maybe": {"anyOf": [{"type": "string", "format": "video_uri"}, {"type": "null"}]}}}
            """#)
        let input = try JSON(
            parsing:
                #"{"lora": {"image": "https://h.test/a"}, "frames": [["https://h.test/b"]], "maybe": "https://h.test/c"}"#
        )
        #expect(schema.check(input).files.map(\.path) == ["$.lora.image", "$.frames[0][0]", "$.maybe"])
    }
}
