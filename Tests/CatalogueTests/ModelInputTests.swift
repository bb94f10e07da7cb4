import Catalogue
import JSON
import Testing

@Suite("What each of the four models takes")
struct ModelInputTests {
    @Test(arguments: Sample.allCases)
    func `the smallest input of each model passes`(_ sample: Sample) throws {
        #expect(try violations(sample.input, sample.schema()).isEmpty)
    }

    @Test(arguments: Sample.allCases)
    func `an empty input lacks exactly what is required`(_ sample: Sample) throws {
        let schema = try sample.schema()
        #expect(try violations("{}", schema) == schema.required.map { "$.\($0): is required" })
        #expect(!schema.required.isEmpty)
    }

    @Test(arguments: Sample.allCases)
    func `null is a wrong type for every property of every model`(_ sample: Sample) throws {
        for property in try sample.schema().properties {
            let found = try sample.violations(property.name, "null")
            #expect(found.count == 1 && found[0].hasSuffix(", not null"), "\(property.name): \(found)")
        }
    }

    @Test(arguments: Sample.allCases)
    func `the first and the last choice of every enum pass, one outside does not`(_ sample: Sample) throws {
        for property in try sample.schema().properties where !property.choices.isEmpty {
            let first = try #require(property.choices.first)
            let last = try #require(property.choices.last)
            #expect(try sample.violations(property.name, first.text).isEmpty)
            #expect(try sample.violations(property.name, last.text).isEmpty)
            let outside = property.type == .string ? #""8K""# : "99"
            let found = try sample.violations(property.name, outside)
            #expect(found.count == 1)
            #expect(found.first?.hasPrefix("$.\(property.name): must be one of ") == true)
        }
    }

    @Test(arguments: Sample.allCases)
    func `every default of the schemas is a value that the schema allows`(_ sample: Sample) throws {
        for property in try sample.schema().properties {
            guard let value = property.defaultValue else { continue }
            #expect(try sample.violations(property.name, value.text).isEmpty, "\(property.name)")
        }
    }

    static let valid: [(Sample, String, String)] = [
        (.edit, "prompt", text("x", 600)), (.edit, "prompt", text("🐈", 600)), (.edit, "prompt", #""""#),
        (.edit, "prompt", text("e\u{301}", 300)), (.edit, "prompt", text("👩‍👩‍👧", 120)),
        (.edit, "images", images(1)), (.edit, "images", images(10)),
        (.edit, "resolution", #""1K""#), (.edit, "resolution", #""3024x1296 (21:9)""#),
        (.editSequential, "text", text("ß", 600)), (.editSequential, "images", images(10)),
        (.editSequential, "seed", "-1"), (.editSequential, "seed", "9007199254740993"),
        (.editSequential, "seed", "123456789012345678901234567890"), (.editSequential, "seed", "0"),
        (.editSequential, "sequential_image_generation_options", "15.0"),
        (.editSequential, "sequential_image_generation", #""whatever""#),
        (.sequential, "text", text("x", 600)), (.sequential, "seed", "1e3"), (.sequential, "seed", "3.0"),
        (.sequential, "sequential_image_generation_options", "1"),
        (.sequential, "sequential_image_generation_options", "0.1e1"),
        (.sequential, "image_size", #""2560:1440 (16:9)""#),
        (.sequential, "optimize_prompt_options", #""standard""#),
        (.video, "prompt", text("x", 100_000)), (.video, "duration", "4"), (.video, "duration", "12.00"),
        (.video, "generate_audio", "false"), (.video, "camera_fixed", "true"),
        (.video, "ratio", #""adaptive""#),
        (.video, "first_frame_image_url", #""http://127.0.0.1:8080/a.png""#),
    ]

    @Test(arguments: valid)
    func `these values pass`(_ sample: Sample, _ key: String, _ value: String) throws {
        #expect(try sample.violations(key, value) == [])
    }

    static let invalid: [(Sample, String, String, String)] = [
        (.edit, "prompt", text("x", 601), "$.prompt: is 601 characters long; at most 600 are allowed"),
        (.edit, "prompt", text("🐈", 601), "$.prompt: is 601 characters long; at most 600 are allowed"),
        (.edit, "prompt", text("e\u{301}", 301), "$.prompt: is 602 characters long; at most 600 are allowed"),
        (.edit, "prompt", text("👩‍👩‍👧", 121), "$.prompt: is 605 characters long; at most 600 are allowed"),
        (.edit, "prompt", "7", "$.prompt: must be a string, not 7"),
        (.edit, "prompt", "[]", "$.prompt: must be a string, not an array"),
        (.edit, "images", "[]", "$.images: has 0 items; at least 1 must be given"),
        (.edit, "images", images(11), "$.images: has 11 items; at most 10 are allowed"),
        (
            .edit, "images", #""https://example.com/a.png""#,
            #"$.images: must be an array, not the string "https://example.com/a.png""#
        ),
        (.edit, "images", #"["https://example.com/a.png", 5]"#, "$.images[1]: must be a string, not 5"),
        (.edit, "images", #"[null]"#, "$.images[0]: must be a string, not null"),
        (
            .edit, "images", #"["cat.png"]"#,
            "$.images[0]: is not an https URL; for a file on this machine, write file:PATH"
        ),
        (.edit, "seed", "1", "$.seed: is not known to this model"),
        (.edit, "promt", #""x""#, #"$.promt: is not known to this model; did you mean "prompt"?"#),
        (.editSequential, "seed", "1.5", "$.seed: must be an integer, not 1.5"),
        (.editSequential, "seed", #""1""#, #"$.seed: must be an integer, not the string "1""#),
        (.editSequential, "seed", "1e-1", "$.seed: must be an integer, not 1e-1"),
        (
            .sequential, "sequential_image_generation_options", "16",
            "$.sequential_image_generation_options: "
                + "must be one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, not 16"
        ),
        (
            .sequential, "sequential_image_generation_options", "1.5",
            "$.sequential_image_generation_options: must be an integer, not 1.5"
        ),
        (
            .sequential, "optimize_prompt_options", #""Fast""#,
            #"$.optimize_prompt_options: must be one of "fast", "standard", not the string "Fast"; "#
                + #"did you mean "fast"?"#
        ),
        (
            .video, "resolution", #""360p""#,
            #"$.resolution: must be one of "480p", "720p", "1080p", not the string "360p""#
        ),
        (.video, "duration", "3", "$.duration: must be one of 4, 5, 6, 7, 8, 9, 10, 11, 12, not 3"),
        (
            .video, "generate_audio", #""yes""#,
            #"$.generate_audio: must be true or false, not the string "yes""#
        ),
        (.video, "generate_audio", "1", "$.generate_audio: must be true or false, not 1"),
        (
            .video, "first_frame_image_url", #""http://example.com/a.png""#,
            "$.first_frame_image_url: is an http URL; only https is allowed (http on loopback only)"
        ),
        (.video, "first_frame_image_url", "[]", "$.first_frame_image_url: must be a string, not an array"),
    ]

    @Test(arguments: invalid)
    func `these values are refused, each with its place and its reason`(
        _ sample: Sample, _ key: String, _ value: String, _ violation: String
    ) throws {
        #expect(try sample.violations(key, value) == [violation])
    }
}

extension ModelInputTests {
    @Test func `all violations are listed: what is missing, then what is there in its own order`() throws {
        let input = #"{"resolution": 1, "Images": [], "prompt": null, "images": ["a", "https://a.b/c", ""]}"#
        #expect(
            try violations(input, Sample.edit.schema()) == [
                "$.resolution: must be a string, not 1",
                #"$.Images: is not known to this model; did you mean "images"?"#,
                "$.prompt: must be a string, not null",
                "$.images[0]: is not an https URL; for a file on this machine, write file:PATH",
                "$.images[2]: is empty; give an https URL",
            ])
        #expect(
            try violations(#"{"promt": 1}"#, Sample.edit.schema()) == [
                "$.prompt: is required", "$.images: is required",
                #"$.promt: is not known to this model; did you mean "prompt"?"#,
            ])
    }

    @Test func `the words of a request have another key in some models, and a refusal names it`() throws {
        let sequential = try #require(Schema.builtIn("bytedance/seedream-4-0/sequential"))
        #expect(
            try violations(#"{"text": "x", "prompt": "y"}"#, sequential) == [
                #"$.prompt: is not known to this model; did you mean "text"?"#
            ])
        #expect(
            try violations(
                #"{"prompt": "x", "images": ["https://a.b/c"], "text": "y"}"#, Sample.edit.schema())
                == [#"$.text: is not known to this model; did you mean "prompt"?"#])
    }

    @Test(arguments: ["[]", "null", "3", #""x""#])
    func `an input that is no object is refused at its root`(_ input: String) throws {
        let found = try Sample.edit.schema().violations(in: JSON(parsing: input))
        #expect(found.count == 1 && found.first?.path == "$")
    }

    @Test func `a key that appears twice is refused, since nobody can know which is meant`() throws {
        #expect(
            try violations(#"{"text": "a", "text": "b"}"#, Sample.sequential.schema()) == [
                "$.text: is given more than once"
            ])
    }
}
