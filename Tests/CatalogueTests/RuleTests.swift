import Catalogue
import JSON
import Testing

@Suite("Single rules")
struct RuleTests {
    static let passing: [(String, String)] = [
        (#"{"type": "number"}"#, "1.5"), (#"{"type": "float"}"#, "3"), (#"{"type": "float"}"#, "1e-400"),
        (#"{"minimum": 0, "maximum": 1}"#, "0"), (#"{"minimum": 0, "maximum": 1}"#, "1.000"),
        (#"{"minimum": -0.5}"#, "-5e-1"), (#"{"maximum": 9007199254740993}"#, "9007199254740993"),
        (#"{"minimum": -1e400}"#, "-1e399"), (#"{"minimum": 5}"#, #""text""#), (#"{"maximum": 0}"#, "-0.0"),
        (#"{"minLength": 2}"#, #""ab""#), (#"{"minLength": 2}"#, #""🐈🐈""#), (#"{"maxLength": 2}"#, #""🐈🐈""#),
        (#"{"enum": [5, "5"]}"#, #""5""#), (#"{"enum": [5]}"#, "5.0"), (#"{"enum": [500]}"#, "5e2"),
        (#"{"enum": [null, true]}"#, "null"), (#"{"enum": [{"a": 1, "b": [2]}]}"#, #"{"b": [2.0], "a": 1}"#),
        (#"{"type": "array", "items": {"enum": ["a"]}}"#, #"["a", "a"]"#), (#"{"minItems": 1}"#, "[1]"),
        (#"{"format": "video_uri"}"#, #""https://a.b/c""#),
        (#"{"format": "image_uris"}"#, #"["https://a.b/c"]"#),
        (#"{"type": "integer"}"#, "-0"), (#"{"type": "integer"}"#, "1.50e1"),
        (#"{"type": "integer"}"#, "0.0e-9"),
        (#"{"type": "integer"}"#, "1e99999999999999999999"),
        (#"{"type": "string", "validations": [{"validation_rule": "odd="}]}"#, #""https://a.b/c""#),
    ]

    @Test(arguments: passing)
    func `these pass`(_ definition: String, _ value: String) throws {
        #expect(try violations(#"{"p": \#(value)}"#, property(definition)) == [])
    }

    static let failing: [(String, String, [String])] = [
        (#"{"type": "number"}"#, #""1.5""#, [#"$.p: must be a number, not the string "1.5""#]),
        (#"{"type": "float"}"#, "true", ["$.p: must be a number, not true"]),
        (#"{"type": "integer"}"#, "9007199254740992.5", ["$.p: must be an integer, not 9007199254740992.5"]),
        (
            #"{"type": "integer"}"#, "1e-99999999999999999999",
            ["$.p: must be an integer, not 1e-99999999999999999999"]
        ),
        (#"{"minimum": 0}"#, "-0.001", ["$.p: is -0.001; must be at least 0"]),
        (#"{"minimum": -2, "maximum": -1}"#, "-2.01", ["$.p: is -2.01; must be at least -2"]),
        (#"{"minimum": -2, "maximum": -1}"#, "-0.99", ["$.p: is -0.99; must be at most -1"]),
        (
            #"{"maximum": 9007199254740992}"#, "9007199254740993",
            ["$.p: is 9007199254740993; must be at most 9007199254740992"]
        ),
        (#"{"minLength": 2}"#, #""a""#, ["$.p: is 1 characters long; at least 2 are needed"]),
        (#"{"minLength": 3}"#, #""🐈🐈""#, ["$.p: is 2 characters long; at least 3 are needed"]),
        (
            #"{"enum": [9007199254740993]}"#, "9007199254740992",
            ["$.p: must be one of 9007199254740993, not 9007199254740992"]
        ),
        (#"{"enum": [5]}"#, #""5""#, [#"$.p: must be one of 5, not the string "5""#]),
        (
            #"{"enum": ["é"]}"#, #""e\#u{301}""#,
            ["$.p: must be one of \"é\", not the string \"e\u{301}\"; did you mean \"é\"?"]
        ),
        (#"{"enum": [{"a": 1}]}"#, #"{"a": 2}"#, ["$.p: must be one of an object, not an object"]),
        (
            #"{"enum": ["a"], "maxLength": 1}"#, #""bb""#,
            [
                #"$.p: must be one of "a", not the string "bb""#,
                "$.p: is 2 characters long; at most 1 are allowed",
            ]
        ),
        (
            #"{"type": "array", "maxItems": 1, "items": {"type": "integer"}}"#, #"["a", 1, null]"#,
            [
                "$.p: has 3 items; at most 1 are allowed", #"$.p[0]: must be an integer, not the string "a""#,
                "$.p[2]: must be an integer, not null",
            ]
        ),
        (#"{"format": "image_uri"}"#, "5", ["$.p: must be an https URL, not 5"]),
        (
            #"{"format": "image_uris"}"#, #"[{"url": "https://a.b/c"}]"#,
            ["$.p[0]: must be an https URL, not an object"]
        ),
        (
            #"{"type": "array", "items": {"format": "audio_uri"}}"#, #"[""]"#,
            ["$.p[0]: is empty; give an https URL"]
        ),
        (#"{"type": "array", "format": "image_uris"}"#, #"["https://"]"#, ["$.p[0]: has no valid host"]),
        (#"{"validations": [{"validation_rule": "odd="}]}"#, #""https://""#, ["$.p: has no valid host"]),
    ]

    @Test(arguments: failing)
    func `these are refused`(_ definition: String, _ value: String, _ expected: [String]) throws {
        #expect(try violations(#"{"p": \#(value)}"#, property(definition)) == expected)
    }

    @Test func `a path is JSONPath, also for keys that are no plain words`() throws {
        let schema = try property("{}")
        let keys: [(String, String)] = [
            ("a_B9", "$.a_B9"), ("a b", "$['a b']"), ("", "$['']"), ("a.b", "$['a.b']"),
            ("it's", #"$['it\'s']"#),
            (#"a\b"#, #"$['a\\b']"#), ("ü", "$['ü']"), ("\u{1B}[31m", #"$['\u{1b}[31m']"#),
        ]
        for (key, path) in keys {
            let input = JSON.object(JSONObject([.init(key: key, value: .null)]))
            #expect(schema.violations(in: input).map(\.path) == [path])
        }
    }

    @Test func `a message is short and holds nothing that a terminal obeys`() throws {
        let nasty = "\u{1B}[31m\u{202E}\u{9B}\r\n\u{7F}\u{2028}" + String(repeating: "x", count: 1_000_000)
        let choices = JSON.array((0..<5000).map { .string("\(nasty.prefix(40))\($0)") })
        let schema = try schema(
            #"{"properties": {"p": {"type": "string", "enum": \#(choices.text)}, "q": {"type": "integer"}}}"#)
        let input = JSON.object(["p": .string(nasty), "q": .string(nasty), nasty: .null])
        let found = schema.violations(in: input)
        #expect(found.count == 3)
        for violation in found {
            #expect(violation.description.utf8.count < 2000)
            let isSafe = violation.description.unicodeScalars.allSatisfy { scalar in
                ![.control, .format, .lineSeparator].contains(scalar.properties.generalCategory)
            }
            #expect(isSafe)
        }
        #expect(found[0].message.contains(" more, not the string "))

        let argument = #expect(throws: ArgumentError.self) { try schema.read([nasty]) }
        #expect(argument?.description.contains("\u{1B}") == false)
        let key = JSON.string("\u{9B}" + nasty).text
        let twice = #expect(throws: ArgumentError.self) { try schema.read(["p:={\(key):1,\(key):2}"]) }
        #expect(twice?.description.contains("\u{9B}") == false)
        #expect(twice?.description.utf8.count ?? 0 < 1000)
    }
}
