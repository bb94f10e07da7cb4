import Catalogue
import Testing

@Suite("A model by the end of its id")
struct ModelNameTests {
    private static let known = [
        "maker/one/edit", "maker/two/edit", "maker/two/make", "other/make-more", "solo",
    ]

    @Test(
        arguments: [
            ("one/edit", .completed("maker/one/edit")), ("two/make", .completed("maker/two/make")),
            ("make", .completed("maker/two/make")), ("make-more", .completed("other/make-more")),
            ("edit", .ambiguous(["maker/one/edit", "maker/two/edit"])), ("maker/one/edit", .asTyped),
            ("solo", .asTyped), ("", .asTyped), ("dit", .asTyped), ("maker", .asTyped),
            ("maker/one", .asTyped), ("foo/bar/baz", .asTyped), ("x/maker/one/edit", .asTyped),
            ("/edit", .asTyped), ("more", .asTyped),
        ] as [(String, ModelName)])
    func `only whole segments at the end, where one known id alone ends so`(
        _ typed: String, _ meant: ModelName
    ) {
        #expect(ModelName(typed, among: Self.known) == meant)
    }

    @Test func `a known id wins over others that end so`() {
        #expect(ModelName("edit", among: ["edit", "maker/edit"]) == .asTyped)
    }
}
