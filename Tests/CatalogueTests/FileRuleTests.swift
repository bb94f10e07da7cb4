import Catalogue
import JSON
import Testing

@Suite("Rules about real files")
struct FileRuleTests {
    static let images: [(FileFacts, [String])] = [
        (FileFacts(bytes: 1000, width: 2000, height: 1000), []),
        (FileFacts(bytes: 10_485_760, width: 6000, height: 6000), []),
        (
            FileFacts(bytes: 10_485_761, width: 100, height: 100),
            ["has 10485761 bytes; at most 10 MB is allowed"]
        ),
        (FileFacts(bytes: 1, width: 14, height: 14), []),
        (FileFacts(bytes: 1, width: 13, height: 14), ["is 13 pixels wide; at least 14 is needed"]),
        (FileFacts(bytes: 1, width: 6001, height: 6000), ["is 6001 pixels wide; at most 6000 is allowed"]),
        (FileFacts(bytes: 1, width: 6000, height: 6001), ["is 6001 pixels high; at most 6000 is allowed"]),
        (FileFacts(bytes: 1, width: 1000, height: 3000), []),
        (FileFacts(bytes: 1, width: 3000, height: 1000), []),
        (FileFacts(bytes: 1, width: 33, height: 100), []),
        (
            FileFacts(bytes: 1, width: 32, height: 100),
            ["has a width/height of 32/100; at least 0.33 is needed"]
        ),
        (
            FileFacts(bytes: 1, width: 3001, height: 1000),
            ["has a width/height of 3001/1000; at most 3 is allowed"]
        ),
        (
            FileFacts(bytes: 99_999_999, width: 9000, height: 10),
            [
                "has 99999999 bytes; at most 10 MB is allowed",
                "has a width/height of 9000/10; at most 3 is allowed",
                "is 10 pixels high; at least 14 is needed", "is 9000 pixels wide; at most 6000 is allowed",
            ]
        ),
        (FileFacts(bytes: nil, width: nil, height: nil), []),
        (FileFacts(bytes: 1, width: 100, height: 0), ["is 0 pixels high; at least 14 is needed"]),
    ]

    @Test(arguments: images)
    func `a file on a bound passes, one beyond it does not`(_ facts: FileFacts, _ expected: [String]) throws {
        let demand = try #require(try Sample.editSequential.schema()["images"]?.file)
        #expect(demand.faults(in: facts) == expected)
    }

    @Test func `the bounds of the first frame are as given`() throws {
        let demand = try #require(try Sample.video.schema()["first_frame_image_url"]?.file)
        let judge = { (width: Int, height: Int) in
            demand.faults(in: FileFacts(bytes: 1, width: width, height: height))
        }
        #expect(judge(400, 1000).isEmpty && judge(2500, 1000).isEmpty && judge(300, 300).isEmpty)
        #expect(judge(399, 1000).count == 1 && judge(2501, 1000).count == 1 && judge(299, 299).count == 2)
    }

    @Test func `0.33 stands for 1:3 also as an upper bound`() throws {
        let schema = try property(
            #"{"validations": [{"validation_rule": "width/height<", "validation_value": 0.33}]}"#)
        let demand = try #require(schema["p"]?.file)
        #expect(demand.faults(in: FileFacts(bytes: 1, width: 1, height: 3)).isEmpty)
        #expect(demand.faults(in: FileFacts(bytes: 1, width: 34, height: 100)).count == 1)
    }

    @Test func `what cannot be checked is told apart from what is wrong`() throws {
        let schema = try property(
            """
            {"validations": [
                {"validation_rule": "duration_s<", "validation_value": 5, "validation_error": "Too long."},
                {"validation_rule": "width_pixels<", "validation_value": "wide"},
                {"validation_rule": "width_pixels", "validation_value": 5},
                {"validation_rule": "", "validation_value": 5},
                {"validation_rule": "height_pixels>", "validation_value": 5}
            ]}
            """)
        let facts = FileFacts(bytes: 1, width: 1, height: 10)
        let demand = try #require(schema["p"]?.file)
        #expect(demand.faults(in: facts).isEmpty)
        let unchecked = demand.uncheckedRules(of: facts)
        #expect(unchecked.map(\.rule) == ["duration_s<", "width_pixels<", "width_pixels", ""])
        #expect(unchecked.first?.message == "Too long.")
        let nothing = FileFacts(bytes: nil, width: nil, height: nil)
        #expect(demand.uncheckedRules(of: nothing).count == 5)
    }
}
