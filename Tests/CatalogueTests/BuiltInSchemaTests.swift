import Catalogue
import JSON
import Scratch
import Testing

@Suite("The schemas in the binary")
struct BuiltInSchemaTests {
    @Test func `every schema file is in the binary, and means the same there`() throws {
        let folder = FileOnDisk.repository + "/Sources/Catalogue/Schemas"
        let names = FileOnDisk.names(folder)
        #expect(names.count == Schema.builtIn.count)
        for name in names {
            let document = try JSON(parsing: FileOnDisk.content(folder + "/" + name), .strict)
            let modelID = try #require(document["model_id"]?.string)
            #expect(Schema.builtIn(modelID)?.document == document)
            #expect(name == modelID.split(separator: "/").joined(separator: "__") + ".json")
        }
    }

    @Test func `they are the four models, sorted`() {
        #expect(Schema.builtIn.map(\.modelID) == Sample.allCases.map(\.rawValue).sorted())
        #expect(Schema.builtIn("bytedance/other") == nil)
    }

    @Test func `properties and rules are read in the order of the schema`() throws {
        let schema = try Sample.editSequential.schema()
        #expect(
            schema.properties.map(\.name) == [
                "images", "text", "sequential_image_generation_options", "image_size", "seed",
                "optimize_prompt_options", "sequential_image_generation",
            ])
        #expect(schema.required == ["images", "text"])

        let images = try #require(schema["images"])
        #expect(images.file != nil && images.isList && images.itemRule?.type == .string)
        #expect(images.minItems == 1 && images.maxItems == 10 && images.title == "Images")
        #expect(images.file?.validations.count == 7)
        #expect(images.file?.validations.first?.kind == .bound(.megabytes, .atMost, 10))
        #expect(images.file?.validations.first?.message == "File size must be less than 10 MB.")

        let text = try #require(schema["text"])
        #expect(text.type == .string && text.rule.maxLength == 600 && text.file == nil && !text.isList)
        #expect(schema["seed"]?.type == .integer && schema["seed"]?.defaultValue == nil)
        #expect(schema["sequential_image_generation_options"]?.defaultValue == .number("3"))
        #expect(try Sample.video.schema()["first_frame_image_url"]?.file != nil)
    }
}
