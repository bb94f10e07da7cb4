import Catalogue
import JSON
import Testing

@Suite("Schemas that drift or make no sense")
struct HostileSchemaTests {
    @Test("only what has no input schema is no schema")
    func noSchema() throws {
        for text in ["[]", "null", "3", #""x""#] {
            let document = try JSON(parsing: text)
            #expect(throws: SchemaError.notAnObject) { try Schema(modelID: "a", document: document) }
        }
        for text in ["{}", #"{"input_schema": null}"#, #"{"input_schema": []}"#, #"{"input_schema": "{}"}"#] {
            let document = try JSON(parsing: text)
            #expect(throws: SchemaError.noInputSchema) { try Schema(modelID: "a", document: document) }
        }
    }

    @Test(
        "a schema that says nothing of its properties refuses nothing",
        arguments: [
            "{}", #"{"properties": null}"#, #"{"properties": []}"#, #"{"properties": {}}"#,
            #"{"properties": 5}"#,
            #"{"required": "p"}"#, #"{"required": [1, null, {}]}"#,
            #"{"type": 7, "title": [], "properties": "p"}"#,
        ])
    func open(_ inputSchema: String) throws {
        let schema = try schema(inputSchema)
        #expect(try violations(#"{"p": 1, "q": null}"#, schema).isEmpty)
        #expect(JSON.object(try schema.read(["p=1"])).text == #"{"p":"1"}"#)
    }

    @Test(
        "what is not understood about a property is not checked",
        arguments: [
            "null", "true", "5", "[]", #""string""#, "{}", #"{"type": 5}"#, #"{"type": "quaternion"}"#,
            #"{"type": ["string", "null"]}"#, #"{"enum": []}"#, #"{"enum": "x"}"#, #"{"enum": {}}"#,
            #"{"maxLength": "1"}"#, #"{"maxLength": -1}"#, #"{"maxLength": 0.5}"#, #"{"maxLength": 1e999}"#,
            #"{"minLength": null, "minItems": "3", "maxItems": []}"#, #"{"minimum": "9", "maximum": {}}"#,
            #"{"items": 5}"#, #"{"items": [{"type": "string"}]}"#, #"{"items": {"type": 9}}"#,
            #"{"format": 3}"#,
            #"{"format": "date"}"#, #"{"validations": {}}"#, #"{"validations": [1, null, "x", {}]}"#,
            #"{"anyOf": [{"type": "string"}], "$ref": "x", "title": 1, "description": {}}"#,
        ])
    func unchecked(_ definition: String) throws {
        let schema = try property(definition)
        for value in ["null", "3", #""text""#, "[1, null]", #"{"a": 1}"#, "true"] {
            #expect(try violations(#"{"p": \#(value)}"#, schema).isEmpty, "\(definition) with \(value)")
        }
        _ = try schema.read(["p=1"])
        _ = Schema.estimatedUnits(for: try JSON(parsing: #"{"p": 1}"#), schema: schema, priceUnit: nil)
    }

    @Test("a property that is required and not defined must be there, and may be anything")
    func undefined() throws {
        let schema = try schema(#"{"required": ["p", "q", "p"], "properties": {"p": {"type": "string"}}}"#)
        #expect(schema.required == ["p", "q"])
        #expect(try violations(#"{"p": "x"}"#, schema) == ["$.q: is required"])
        #expect(try violations(#"{"p": "x", "q": [null]}"#, schema).isEmpty)
        #expect(try violations(#"{"p": "x", "q": 1, "r": 1}"#, schema) == ["$.r: is not known to this model"])
    }

    @Test("nested objects pass through untouched")
    func nested() throws {
        let schema = try property(
            #"{"type": "object", "required": ["path"], "properties": {"path": {"type": "string"}}}"#)
        #expect(try violations(#"{"p": {"path": 5, "other": [null]}}"#, schema).isEmpty)
        #expect(try violations(#"{"p": []}"#, schema) == ["$.p: must be an object, not an array"])
    }

    @Test("a huge schema is read and a huge input judged in time", .timeLimit(.minutes(1)))
    func huge() throws {
        let definitions = (0..<20_000).map { #""property_\#($0)": {"type": "string"}"# }.joined(
            separator: ",")
        let schema = try schema(#"{"properties": {\#(definitions)}, "required": ["property_7", "x"]}"#)
        let members = (0..<20_000).map { JSONObject.Member(key: "propertx_\($0)", value: .null) }
        let found = schema.violations(in: .object(JSONObject(members)))
        #expect(found.count == 20_002)
        #expect(found.allSatisfy { $0.message.utf8.count < 1000 })
    }

    @Test("a deep schema and a deep input are taken")
    func deep() throws {
        let nest = String(repeating: "[", count: 120) + String(repeating: "]", count: 120)
        let schema = try property(#"{"enum": [\#(nest)], "default": \#(nest), "items": {"items": \#(nest)}}"#)
        #expect(try violations(#"{"p": \#(nest)}"#, schema).isEmpty)
        #expect(try violations(#"{"p": [\#(nest)]}"#, schema).count == 1)
    }

    @Test("price and names of a catalogue's entry are kept where they make sense")
    func entry() throws {
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
