import Catalogue
import JSON
import Testing

@Suite("What an input asks for")
struct EstimateTests {
    static let asked: [(Sample?, String?, String, Double)] = [
        (.sequential, "output", "{}", 3),
        (.sequential, "output", #"{"sequential_image_generation_options": 15}"#, 15),
        (.sequential, nil, #"{"sequential_image_generation_options": 2.0}"#, 2),
        (.sequential, "output", #"{"sequential_image_generation_options": -5}"#, 3),
        (.sequential, "output", #"{"sequential_image_generation_options": null}"#, 3),
        (.editSequential, nil, "{}", 3), (.edit, "output", "{}", 1), (.edit, nil, #"{"num_images": 4}"#, 4),
        (.edit, "OUTPUT", #"{"n": 2}"#, 2), (.edit, "output", "[]", 1), (.video, "second", "{}", 5),
        (.video, "second", #"{"duration": 12}"#, 12), (.video, nil, #"{"duration": 8}"#, 8),
        (.video, nil, "{}", 5), (.video, "output", #"{"duration": 8}"#, 1),
        (.video, "second", #"{"duration": 0}"#, 5), (.video, "second", #"{"duration": "x"}"#, 5),
        (nil, nil, "{}", 1), (nil, nil, #"{"duration": 10}"#, 10), (nil, nil, #"{"duration": "6s"}"#, 6),
        (nil, nil, #"{"duration": "auto"}"#, 1), (nil, "second", "{}", 5),
        (nil, "second", #"{"duration": 1e999}"#, 1e6), (nil, "megapixel", #"{"num_outputs": 3}"#, 3),
        (nil, nil, #"{"sequential_image_generation_options": 7}"#, 7),
        (nil, "second", #"{"duration": "nan"}"#, 5),
    ]

    @Test(arguments: asked)
    func `outputs and seconds are counted as the service prices them`(
        _ sample: Sample?, _ unit: String?, _ input: String, _ expected: Double
    ) throws {
        let schema = try sample?.schema()
        let input = try JSON(parsing: input)
        #expect(Schema.estimatedUnits(for: input, schema: schema, priceUnit: unit) == expected)
        if unit == nil, let schema { #expect(units(schema, input) == expected) }
    }

    private func units(_ schema: Schema, _ input: JSON = .object([:])) -> Double {
        Schema.estimatedUnits(for: input, schema: schema, priceUnit: schema.priceUnit)
    }

    @Test func `a model's own default counts`() throws {
        let sequential = try schema(
            #"{"properties": {"sequential_image_generation_options": {"default": 6}}}"#)
        #expect(units(sequential) == 6)
        let noDefault = try schema(#"{"properties": {"sequential_image_generation_options": {}}}"#)
        #expect(units(noDefault) == 3)
        let video = try schema(#"{"properties": {"duration": {"default": "10"}}}"#)
        #expect(units(video) == 10)
    }

    static let named: [(Sample?, String, String?)] = [
        (.edit, #"{"prompt": "a"}"#, "a"), (.edit, #"{"text": "t", "prompt": "a"}"#, "a"),
        (.sequential, #"{"prompt": "a", "text": "t"}"#, "t"), (.sequential, #"{"prompt": "a"}"#, "a"),
        (.video, #"{"prompt": "v"}"#, "v"), (nil, #"{"prompt": "a", "text": "t"}"#, "a"),
        (nil, #"{"prompt": 5, "text": "t"}"#, "t"), (nil, #"{"prompt": 5}"#, nil), (nil, "[]", nil),
        (.edit, "{}", nil),
    ]

    @Test(arguments: named)
    func `the prompt is found under its model's name for it`(
        _ sample: Sample?, _ input: String, _ expected: String?
    ) throws {
        let schema = try sample?.schema()
        #expect(Schema.prompt(of: try JSON(parsing: input), schema: schema) == expected)
    }
}
