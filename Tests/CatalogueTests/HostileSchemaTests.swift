import Catalogue
import JSON
import Testing

@Suite("Schemas that drift or make no sense")
struct HostileSchemaTests {
    @Test func `only what has no input schema is no schema`() throws {
        for text in ["[]", "null", "3", #""x""#] {
            let document = try JSON(parsing: text)
            #expect(throws: SchemaError.notAnObject) { try Schema(modelID: "a", document: document) }
        }
        for text in ["{}", #"{"input_schema": null}"#, #"{"input_schema": []}"#, #"{"input_schema": "{}"}"#] {
            let document = try JSON(parsing: text)
            #expect(throws: SchemaError.noInputSchema) { try Schema(modelID: "a", document: document) }
        }
    }

    @Test(arguments: [
        "{}", #"{"properties": null}"#, #"{"properties": []}"#, #"{"properties": {}}"#, #"{"properties": 5}"#,
        #"{"required": "p"}"#, #"{"required": [1, null, {}]}"#,
        #"{"type": 7, "title": [], "properties": "p"}"#,
    ])
    func `a schema that says nothing of its properties refuses nothing`(_ inputSchema: String) throws {
        let schema = try schema(inputSchema)
        #expect(try violations(#"{"p": 1, "q": null}"#, schema).isEmpty)
        #expect(JSON.object(try schema.read(["p=1"])).text == #"{"p":"1"}"#)
    }

    @Test(arguments: [
        "null", "true", "5", "[]", #""string""#, "{}", #"{"type": 5}"#, #"{"type": "quaternion"}"#,
        #"{"enum": []}"#, #"{"enum": "x"}"#, #"{"enum": {}}"#, #"{"maxLength": "1"}"#, #"{"maxLength": -1}"#,
        #"{"maxLength": 0.5}"#, #"{"maxLength": 1e999}"#,
        #"{"minLength": null, "minItems": "3", "maxItems": []}"#, #"{"minimum": "9", "maximum": {}}"#,
        #"{"items": 5}"#, #"{"items": {"type": 9}}"#, #"{"multipleOf": "x", "pattern": 5}"#,
        #"{"format": 3}"#, #"{"format": "date"}"#, #"{"validations": {}}"#,
        #"{"validations": [1, null, "x", {}]}"#,
        #"{"anyOf": 5, "allOf": {}, "$ref": "x", "title": 1, "description": {}}"#,
        ##"{"$ref": "#/properties/p"}"##, #"{"properties": [], "required": {}, "not": 5, "prefixItems": 1}"#,
    ])
    func `what is not understood about a property is not checked`(_ definition: String) throws {
        let schema = try property(definition)
        for value in ["null", "3", #""text""#, "[1, null]", #"{"a": 1}"#, "true"] {
            #expect(try violations(#"{"p": \#(value)}"#, schema).isEmpty, "\(definition) with \(value)")
        }
        _ = try schema.read(["p=1"])
        _ = Schema.estimatedUnits(for: try JSON(parsing: #"{"p": 1}"#), schema: schema, priceUnit: nil)
    }

    @Test func `a property that is required and not defined must be there, and may be anything`() throws {
        let schema = try schema(#"{"required": ["p", "q", "p"], "properties": {"p": {"type": "string"}}}"#)
        #expect(schema.required == ["p", "q"])
        #expect(try violations(#"{"p": "x"}"#, schema) == ["$.q: is required"])
        #expect(try violations(#"{"p": "x", "q": [null]}"#, schema).isEmpty)
        #expect(try violations(#"{"p": "x", "q": 1, "r": 1}"#, schema) == ["$.r: is not known to this model"])
    }

    @Test func `a nested object may have other keys than its schema names`() throws {
        let schema = try property(
            #"{"type": "object", "required": ["path"], "properties": {"path": {"type": "string"}}}"#)
        #expect(try violations(#"{"p": {"path": "x", "other": [null]}}"#, schema).isEmpty)
        #expect(try violations(#"{"p": []}"#, schema) == ["$.p: must be an object, not an array"])
    }

    @Test(.timeLimit(.minutes(10)))
    func `a huge schema is read and a huge input judged in time`() throws {
        let definitions = (0..<20_000).map { #""property_\#($0)": {"type": "string"}"# }.joined(
            separator: ",")
        let schema = try schema(#"{"properties": {\#(definitions)}, "required": ["property_7", "x"]}"#)
        let members = (0..<20_000).map { JSONObject.Member(key: "propertx_\($0)", value: .null) }
        let found = schema.violations(in: .object(JSONObject(members)))
        #expect(found.count == 20_002)
        #expect(found.allSatisfy { $0.message.utf8.count < 1000 })
    }

    @Test func `a deep schema and a deep input are taken`() throws {
        let nest = String(repeating: "[", count: 120) + String(repeating: "]", count: 120)
        let schema = try property(#"{"enum": [\#(nest)], "default": \#(nest), "items": {"items": \#(nest)}}"#)
        #expect(try violations(#"{"p": \#(nest)}"#, schema).isEmpty)
        #expect(try violations(#"{"p": [\#(nest)]}"#, schema).count == 1)
    }

    /// `depth` schemas, each of which is twice the next.
    private func doubling(_ depth: Int, _ word: String) -> String {
        let each = (0..<depth).map {
            ##""d\##($0)": {"\##(word)": [{"$ref": "#/$defs/d\##($0 + 1)"}, {"$ref": "#/$defs/d\##($0 + 1)"}]}"##
        }
        return ##"{"$defs": {\##(each.joined(separator: ",")), "d\##(depth)": {"type": "integer"}},"##
            + ##" "properties": {"p": {"$ref": "#/$defs/d0"}}}"##
    }

    @Test(.timeLimit(.minutes(10)), arguments: ["allOf", "anyOf", "oneOf"])
    func `rules that double at each step end in time, and refuse nothing that was not looked at`(
        _ word: String
    ) throws {
        let deep = try schema(doubling(100, word))
        let check = deep.check(try JSON(parsing: #"{"p": "x"}"#))
        #expect(!check.isWhole)
        #expect(check.violations.isEmpty || word == "allOf")
        // A few of them are no attack.
        #expect(try !violations(#"{"p": "x"}"#, schema(doubling(4, word))).isEmpty)
    }

    @Test(
        .timeLimit(.minutes(10)),
        arguments: [
            ##"{"a": {"$ref": "#/$defs/a"}}"##,
            ##"{"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}"##,
            ##"{"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}"##,
            ##"{"a": {"not": {"$ref": "#/$defs/a"}}}"##, ##"{"a": {"$ref": "#"}}"##,
            ##"{"a": {"allOf": [{"properties": {"x": {"$ref": "#/$defs/a"}}}, {"properties": {"x": {"$ref": "#/$defs/a"}}}]}}"##,
        ])
    func `references in a circle, and values that follow them, end in time`(_ definitions: String) throws {
        let schema = try schema(##"{"$defs": \##(definitions), "properties": {"p": {"$ref": "#/$defs/a"}}}"##)
        let nest = String(repeating: #"{"x":"#, count: 100) + "1" + String(repeating: "}", count: 100)
        for value in ["1", #""x""#, nest] { _ = try violations(#"{"p": \#(value)}"#, schema) }
        _ = try schema.read(["p=1"])
    }

    @Test(.timeLimit(.minutes(10)))
    func `a pattern that others hang on is matched in time`() throws {
        let long = String(repeating: "a", count: 100_000) + "b"
        for pattern in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*c", "^(a?){50}a{50}$"] {
            let schema = try property(#"{"pattern": "\#(pattern)"}"#)
            let found = schema.violations(in: .object(["p": .string(long)]))
            #expect(found.count <= 1)
        }
        for pattern in [
            "a{2000}", "(a{100}){100}", String(repeating: "(", count: 500), "[z-a]", "[]", "a**", "(?i)a",
        ] {
            let schema = try property(#"{"pattern": "\#(pattern)"}"#)
            #expect(schema.violations(in: .object(["p": "b"])).isEmpty)
            #expect(schema.unchecked.count == 1, "\(pattern)")
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `long lists of equal and of large items are compared in time`() throws {
        let schema = try property(#"{"uniqueItems": true, "items": {"enum": [{"a": 1}, [2], 3]}}"#)
        let items = JSON.array((0..<100_000).map { .integer($0 % 70_000) })
        #expect(!schema.violations(in: .object(["p": items])).isEmpty)
    }

    @Test func `the path of a deep place is short`() throws {
        let key = String(repeating: "\u{202E}", count: 60)
        let schema = try schema(
            ##"{"properties": {"p": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "object", "##
                + ##""additionalProperties": {"$ref": "#/$defs/n"}}}}"##)
        var value = JSON.integer(1)
        for _ in 0..<60 { value = .object(JSONObject([.init(key: key, value: value)])) }
        let found = schema.violations(in: .object(["p": value]))
        #expect(found.count == 1 && found.allSatisfy { $0.path.utf8.count < 2000 })
    }

    @Test func `what is not checked is listed, each with its path`() throws {
        let schema = try property(
            ##"{"pattern": "(?=x)", "$ref": "https://x.test/y", "items": {"contains": {}, "format": "date"}}"##
        )
        #expect(
            Set(schema.unchecked) == [
                "$.p[*]: contains an object", #"$.p[*]: format "date""#, #"$.p: pattern "(?=x)""#,
                #"$.p: $ref "https://x.test/y""#,
            ])
    }

    @Test func `price and names of a catalogue's entry are kept where they make sense`() throws {
        let document = try JSON(
            parsing: """
                {"model_id": "x", "display_name": "Edit", "base_price_usd": 0.03, "price_unit": "output",
                 "pricing_note": "each", "input_schema": {}}
                """)
        let schema = try Schema(modelID: "a/b", document: document)
        #expect(schema.modelID == "a/b" && schema.displayName == "Edit" && schema.basePriceUSD == 0.03)
        #expect(schema.priceUnit == "output" && schema.pricingNote == "each" && schema.document == document)

        for price in ["-1", "1e999", #""0.03""#, "null", "[]"] {
            let odd = try JSON(
                parsing: #"{"base_price_usd": \#(price), "price_unit": 5, "input_schema": {}}"#)
            let schema = try Schema(modelID: "a/b", document: odd)
            #expect(schema.basePriceUSD == nil && schema.priceUnit == nil)
        }
    }
}
