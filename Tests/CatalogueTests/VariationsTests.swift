import Catalogue
import JSON
import Testing

@Suite("What is varied from job to job")
struct VariationsTests {
    private func texts(_ variations: Variations) -> [String] {
        (0..<(variations.count ?? 0)).map { JSON.object(JSONObject(variations.changes(at: $0))).text }
    }

    @Test func `nothing varied is one job without a change`() { #expect(texts(Variations()) == ["{}"]) }

    @Test func `every value meets every other; the first key varies slowest, repetitions fastest`() {
        let variations = Variations(
            axes: [
                .init(key: "a", values: [.integer(1), .integer(2)]),
                .init(key: "b", values: ["x", "y"]),
            ], repetitions: 2, seeds: [.integer(7), .integer(8)])
        #expect(
            texts(variations) == [
                #"{"a":1,"b":"x","seed":7}"#, #"{"a":1,"b":"x","seed":8}"#,
                #"{"a":1,"b":"y","seed":7}"#, #"{"a":1,"b":"y","seed":8}"#,
                #"{"a":2,"b":"x","seed":7}"#, #"{"a":2,"b":"x","seed":8}"#,
                #"{"a":2,"b":"y","seed":7}"#, #"{"a":2,"b":"y","seed":8}"#,
            ])
    }

    @Test func `repetitions without seeds are equal`() {
        #expect(texts(Variations(repetitions: 2)) == ["{}", "{}"])
    }

    @Test func `a product beyond all counting is no number`() {
        let axis = Variations.Axis(key: "a", values: Array(repeating: .null, count: 1 << 12))
        #expect(Variations(axes: Array(repeating: axis, count: 6)).count == nil)
        #expect(Variations(axes: [axis, axis]).count == 1 << 24)
    }
}
