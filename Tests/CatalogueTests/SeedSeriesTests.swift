import Catalogue
import JSON
import Scratch
import Testing

@Suite("The seeds of repeated jobs")
struct SeedSeriesTests {
    private func seeds(
        _ count: Int, from given: JSON? = nil, counts: Bool = true, _ rule: String? = #"{"type": "integer"}"#
    ) throws -> [JSON]? {
        let known = rule.map { "{\"properties\": {\"seed\": \($0)}}" }
        let model = try known.map { (text: String) throws in try schema(text) }
        var dice = SeededNumbers(1)
        return try SeedSeries.seeds(count, from: given, counts: counts, schema: model, using: &dice)
    }

    @Test func `a seed that was given is the first, and the others are counted up from it`() throws {
        #expect(try seeds(3, from: .integer(7)) == [.integer(7), .integer(8), .integer(9)])
        #expect(try seeds(2, from: "7", nil) == ["7", "8"])
    }

    @Test func `where none is given they are drawn, all different, and within the schema's range`() throws {
        let free = try #require(try seeds(1000)).compactMap(\.integer)
        #expect(Set(free).count == 1000)
        #expect(free.allSatisfy { (0...Int64(Int32.max)).contains($0) })
        let rule = #"{"type": "integer", "minimum": 10, "maximum": 14}"#
        let narrow = try #require(try seeds(5, rule)).compactMap(\.integer)
        #expect(narrow.sorted() == [10, 11, 12, 13, 14])
        let high = try #require(try seeds(2, #"{"minimum": 5000000000}"#)).compactMap(\.integer)
        #expect(high.allSatisfy { $0 >= 5_000_000_000 })
        let low = try #require(try seeds(2, #"{"minimum": -9, "maximum": -5}"#)).compactMap(\.integer)
        #expect(low.allSatisfy { (-9 ... -5).contains($0) })
    }

    @Test func `-1 asks for a random one, and the seed of another job is not made again`() throws {
        let drawn = try #require(try seeds(50, from: .integer(-1)))
        #expect(!drawn.contains(.integer(-1)) && !drawn.contains(.integer(0)))
        #expect(try seeds(2, from: .integer(7), counts: false)?.contains(.integer(7)) == false)
    }

    @Test func `a schema of texts gets texts`() throws {
        let drawn = try #require(try seeds(2, #"{"type": "string"}"#))
        #expect(drawn.allSatisfy { $0.string.flatMap { Int64($0) } != nil })
    }

    @Test(arguments: [nil, #"{"type": "boolean"}"#, #"{"type": "array"}"#, #"{"enum": [1, 2]}"#])
    func `where there is no seed, nothing is varied`(_ rule: String?) throws {
        #expect(try seeds(2, rule) == nil)
    }

    @Test func `a range that is too small, or passed, is said`() {
        let rule = #"{"type": "integer", "minimum": 0, "maximum": 9}"#
        #expect(throws: SeedError.tooFew(10)) { try seeds(11, rule) }
        #expect(throws: SeedError.beyondRange(largest: 9)) { try seeds(3, from: .integer(8), rule) }
        #expect(throws: SeedError.beyondRange(largest: .max)) { try seeds(2, from: .integer(Int64.max)) }
        #expect(throws: SeedError.noNumber) { try seeds(2, from: "x") }
        #expect(throws: SeedError.noNumber) { try seeds(2, from: .number("1.5")) }
    }
}
