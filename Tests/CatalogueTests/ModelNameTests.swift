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

    @Test(
        arguments: [
            ("maker/one/edit", nil), ("maker/one/edt", "maker/one/edit"), ("one/eidt", "maker/one/edit"),
            ("mkae", "maker/two/make"), ("Maker/two/make", "maker/two/make"), ("sol", "solo"),
            ("make-more", "other/make-more"), ("maker", "maker/two/make"), ("maker/three/edit", nil),
            ("foo/bar", nil), ("", nil),
        ] as [(String, String?)])
    func `a model is mistyped if it or an end of it is two letters away`(_ typed: String, _ meant: String?) {
        #expect(ModelName.meant(by: typed, among: Self.known) == meant)
        #expect(ModelName.meant(by: "c/d", among: ["a/b"]) == nil, "too short to tell")
    }

    @Test func `the short names are the ends that mean one model`() {
        let names = ModelName.shortNames(of: Self.known).map { "\($0.name) \($0.id)" }
        #expect(
            names == [
                "one/edit maker/one/edit", "two/edit maker/two/edit", "two/make maker/two/make",
                "make maker/two/make", "make-more other/make-more",
            ])
    }

    @Test func `a known id wins over others that end so`() {
        #expect(ModelName("edit", among: ["edit", "maker/edit"]) == .asTyped)
    }
}
