import JSON
import Testing

@Suite("Keys and texts by their bytes")
struct ExactTextTests {
    private static let composed = "\u{E9}"
    private static let decomposed = "e\u{301}"

    @Test func `two spellings of one letter are two keys, to read, set and remove`() throws {
        var object = try #require(
            try JSON(parsing: #"{"\#(Self.composed)": 1, "\#(Self.decomposed)": 2}"#, .strict).object)
        #expect(object[Self.composed]?.integer == 1 && object[Self.decomposed]?.integer == 2)
        object[Self.composed] = .integer(3)
        #expect(object.members.map(\.value) == [.integer(3), .integer(2)])
        object[Self.decomposed] = nil
        #expect(object.members.map(\.value) == [.integer(3)])
        // KELVIN SIGN, which Swift calls equal to K.
        #expect(object["\u{212A}"] == nil && JSON.object(["K": .null])["\u{212A}"] == nil)
    }

    @Test func `many keys with two spellings are no key that appears twice`() throws {
        let keys = (0..<40).flatMap { ["\(Self.composed)\($0)", "\(Self.decomposed)\($0)"] }
        let text = "{" + keys.map { #""\#($0)": 1"# }.joined(separator: ",") + "}"
        #expect(try JSON(parsing: text, .strict).object?.keys.count == 80)
    }

    @Test func `two spellings are two values`() {
        #expect(JSON.string(Self.composed) != .string(Self.decomposed))
        #expect(JSON.object([Self.composed: .null]) != .object([Self.decomposed: .null]))
        #expect(JSON.array([.string(Self.composed)]) == .array([.string(Self.composed)]))
    }
}
