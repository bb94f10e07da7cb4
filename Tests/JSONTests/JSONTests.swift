import Testing

@testable import JSON

@Suite struct JSONTests {
    @Test(arguments: [
        #"{"z":1,"a":1.0,"m":1e-7}"#, #"[18446744073709551616,-0,0.10]"#, #"{}"#, #"[]"#,
        #"[[],{},null,true,false]"#,
        #""line\nfeed \"quoted\" back\\slash""#, #"{"😀":"名前"}"#, #""\u0000\u001b\u007f""#,
    ])
    func `what was written comes back: key order, digits, escapes`(text: String) throws {
        #expect(try JSON(parsing: text, .strict).text == text)
    }

    @Test func `escapes are understood`() throws {
        #expect(try JSON(parsing: #""\u00e9\ud83d\ude00\/\b\f""#).string == "é😀/\u{8}\u{c}")
    }

    @Test(arguments: [
        "", " ", "{", "[1", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "-", "1.", ".5", "1e", "+1",
        "tru", "nul", "\"a", "\"\\x\"", "\"\\u12\"", "\"\u{1}\"", "1 2", "{}{}", "[1 2]", "NaN", "Infinity",
        "// c\n1", "'a'", "\"\\u+123\"",
    ])
    func `malformed text is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text, .strict) }
        #expect(throws: JSONError.self) { try JSON(parsing: text, .lenient) }
    }

    @Test func `a fault is named with its place`() {
        #expect(throws: JSONError(reason: "expected a colon", line: 2, column: 7)) {
            try JSON(parsing: "{\n \"né\" 1}")
        }
    }

    @Test func `what nobody can mean is refused from people and taken from servers`() throws {
        for text in [#"{"a":1,"a":2}"#, #""\ud800""#, #""\ud800\u0041""#] {
            #expect(throws: JSONError.self) { try JSON(parsing: text, .strict) }
        }
        #expect(try JSON(parsing: #"{"a":1,"a":2}"#)["a"] == .number("2"))
        #expect(try JSON(parsing: #""\ud800\u0041""#).string == "\u{FFFD}A")
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xFF, 0x22], .strict) }
        #expect(try JSON(parsing: [0x22, 0xFF, 0x22]).string == "\u{FFFD}")
    }

    @Test func `deep nesting is an error and no crash`() throws {
        let deep = { (count: Int) in
            String(repeating: "[", count: count) + String(repeating: "]", count: count)
        }
        #expect(try JSON(parsing: deep(128)).array != nil)
        #expect(throws: JSONError.self) { try JSON(parsing: deep(10_000)) }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "{\"a\":", count: 100_000)) }
    }

    @Test(.timeLimit(.minutes(10)))
    func `a hundred thousand keys are compared in time`() throws {
        let members = (0..<100_000).map { "\"key \($0)\":1" }.joined(separator: ",")
        #expect(try JSON(parsing: "{\(members)}", .strict).object?.members.count == 100_000)
        for twice in [0, 7, 20, 99_999] {
            #expect(throws: JSONError.self) { try JSON(parsing: "{\(members),\"key \(twice)\":1}", .strict) }
        }
    }

    @Test func `configuration may hold comments and trailing commas`() throws {
        let text = "// one\n{ /* two */ \"a\": [1, 2,], // three\n \"b\": {\"c\": true,}, }\n"
        let value = try JSON(parsing: text, .configuration)
        #expect(value.text == #"{"a":[1,2],"b":{"c":true}}"#)
        for bad in ["[,]", "{,}", "[1,,2]", "/* open", "/", "{\"a\":1,\"a\":2}"] {
            #expect(throws: JSONError.self) { try JSON(parsing: bad, .configuration) }
        }
    }

    @Test func `whole numbers are exact and others are not`() throws {
        let digits = ["9223372036854775807": Int64.max, "3.0": 3, "3e2": 300, "-5": -5]
        for (text, expected) in digits { #expect(try JSON(parsing: text).integer == expected) }
        for text in ["3.5", "9223372036854775808", "1e300", "\"3\""] {
            #expect(try JSON(parsing: text).integer == nil)
        }
    }

    @Test func `numbers written from swift are JSON`() {
        #expect(JSON.double(0.25).text == "0.25")
        #expect(JSON.double(3).text == "3")
        #expect(JSON.double(.infinity).text == "null")
    }

    @Test func `indentation is for people`() throws {
        let value = try JSON(parsing: #"{"a":[1,{"b":null}],"c":[]}"#)
        #expect(
            value.indentedText
                == "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": []\n}")
    }
}
