import Calendar
import Testing

@testable import Outputs

@Suite struct OutputNameTests {
    private let fields = OutputNameFields(
        id: 42, index: 1, created: CalendarTime(milliseconds: 1_767_323_045_000),
        model: "bytedance/seedream-4-0/edit", label: "My Label", prompt: "A Red Fox, in the SNOW!",
        seed: "77",
        requestID: "ab_C-1")

    @Test(arguments: [
        ("{date}/{id}-{index}.{ext}", "2026-01-02/000042-1.png"), ("{time}", "030405"),
        ("{model}", "bytedance-seedream-4-0-edit"), ("{label}", "My Label"),
        ("{prompt}-{seed}", "a-red-fox-in-the-snow-77"), ("{request_id}", "ab_C-1"),
        ("a/b/c{id}d", "a/b/c000042d"), ("..{id}", "..000042"),
    ])
    func `each field renders as the contract says`(template: String, path: String) throws {
        #expect(try OutputName(parsing: template).path(fields, fileExtension: "png") == path)
    }

    @Test func `long ids are not cut`() throws {
        var fields = fields
        fields.id = 12_345_678
        #expect(try OutputName(parsing: "{id}").path(fields, fileExtension: "png") == "12345678")
    }

    @Test(arguments: [
        ("", OutputNameError.empty), ("{foo}", .unknownField("foo")), ("{Id}", .unknownField("Id")),
        ("{}", .unknownField("")), ("a{id", .unclosedField), ("id}", .strayBrace), ("/a/{id}", .absolute),
        ("../{id}", .badComponent("..")), ("../\u{301}{id}", .badComponent("..")),
        ("a/./{id}", .badComponent(".")),
        ("a//{id}", .badComponent("")),
        ("{id}/", .badComponent("")), ("a\0{id}", .badComponent("a\0{id}")),
        ("a\u{202E}", .badComponent("a\u{202E}")), (String(repeating: "a", count: 241), .tooLong),
        (String(repeating: "{id}", count: 16), .tooLong),
        (String(repeating: "a/", count: 12) + "{id}", .tooLong),
    ])
    func `a template that is wrong is refused, by name`(template: String, error: OutputNameError) {
        #expect(throws: error) { try OutputName(parsing: template) }
    }

    @Test func `the unknown field and the known ones are named`() {
        let text = OutputNameError.unknownField("promt").description
        #expect(text.contains("{promt}") && text.contains("{prompt}") && text.contains("{request_id}"))
    }

    static let hostile = [
        "", " ", ".", "..", "...", "/", "//", "/etc/passwd", "../../etc/passwd", "a/../b", "\0", "a\0b", "\n",
        "a\nb\r", "\u{1B}[31m", "\u{202E}gnp.exe", "\u{2066}x\u{2069}", "\u{2215}etc\u{FF0F}x", "\u{2028}",
        "\u{85}", "-rf", "~", "$(id)", "`x`", "C:\\x", "con", "a.", "a ", " a", ".hidden", "\u{FEFF}",
        "\u{200B}", "\u{0301}", "e\u{0301}", String(repeating: "x", count: 10_000),
        String(repeating: "é", count: 3000), String(repeating: "😀", count: 500),
        "a" + String(repeating: "\u{0301}", count: 5000), String(repeating: "👨‍👩‍👧‍👦", count: 100),
        String(repeating: "../", count: 1000), "%2e%2e%2f", "\u{E000}", String(repeating: ".", count: 300),
        String(repeating: "字", count: 300), "{id}", "a{b",
    ]

    @Test(arguments: hostile)
    func `whatever a field holds, the path stays inside and fits`(text: String) throws {
        let fields = OutputNameFields(
            id: .max, index: .max, created: fields.created, model: text, label: text, prompt: text,
            seed: text,
            requestID: text)
        let templates = [
            "{label}", "{model}/{label}/{prompt}/{seed}/{request_id}.{ext}", "{prompt}-{id}-{index}.{ext}",
            "x.{label}", "{label}{label}{label}{prompt}{id}.{ext}", "{ext}/{label}.{ext}",
        ]
        for template in templates {
            let path = try OutputName(parsing: template).path(fields, fileExtension: "png")
            let components = path.split(separator: "/", omittingEmptySubsequences: false)
            #expect(components.count == template.split(separator: "/").count)
            for component in components {
                #expect(
                    !component.isEmpty && component != "." && component != ".." && !component.hasPrefix("."))
                #expect(component.utf8.count <= 240)
                #expect(!component.hasPrefix("-") && !component.hasSuffix(" ") && !component.hasSuffix("."))
                for scalar in component.unicodeScalars {
                    let category = scalar.properties.generalCategory
                    #expect(category != .control && category != .lineSeparator && scalar != "\\")
                    #expect(category != .format || scalar == "\u{200D}" || scalar == "\u{200C}")
                    #expect(scalar != "\u{2215}" && scalar != "\u{FF0F}")
                }
            }
            if template.contains("{id}") { #expect(path.contains("9223372036854775807")) }
            if template.hasSuffix(".{ext}") { #expect(path.hasSuffix(".png")) }
        }
    }

    @Test func `an extension is no way out either`() throws {
        let path = try OutputName(parsing: "{id}.{ext}").path(fields, fileExtension: "../../x")
        #expect(path == "000042.x" || !path.contains("/"))
    }

    @Test(arguments: [
        ("Hello,   World!!", "hello-world"), ("  --x--  ", "x"),
        ("Füchse im Schnee №5", "füchse-im-schnee-5"), ("赤い狐、雪の中", "赤い狐-雪の中"), ("हिन्दी भाषा", "हिन्दी-भाषा"),
        ("ÅNGSTRÖM", "ångström"), ("!!!", "none"), ("", "none"), ("a\u{2215}b\u{FF0F}c", "a-b-c"),
        ("a\nb\0c", "a-b-c"), ("x\u{202E}y", "xy"), ("1/2", "1-2"),
        (
            String(repeating: "ab ", count: 100),
            "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab"
        ),
    ])
    func `a prompt becomes a slug`(prompt: String, slug: String) {
        #expect(PathText.slug(of: prompt) == slug)
        #expect(PathText.slug(of: prompt).count <= 60)
    }

    @Test func `absent texts are none`() throws {
        let fields = OutputNameFields(id: 1, index: 1, created: fields.created, model: "m")
        let name = try OutputName(parsing: "{label}-{prompt}-{seed}-{request_id}")
        #expect(name.path(fields, fileExtension: "png") == "none-none-none-none")
    }

    @Test(arguments: [
        ("d/000042-1.png", 2, "png", "d/000042-1-2.png"), ("v1.5", 3, "png", "v1.5-3"),
        ("a.tar.gz", 2, "gz", "a.tar-2.gz"), ("d.png/x", 2, "png", "d.png/x-2"),
    ])
    func `a taken name gets its number before the extension`(
        path: String, number: Int, fileExtension: String, other: String
    ) {
        #expect(OutputName.alternative(to: path, number: number, fileExtension: fileExtension) == other)
    }

    @Test(arguments: [
        ("{date}/{id}.{ext}", "2026-01-02"), ("{id}", ""), ("{date}/{ext}/{model}/{id}", "2026-01-02"),
        ("{ext}/{id}", ""), ("a/{model}/{id}", "a/bytedance-seedream-4-0-edit"),
    ])
    func `the directory before the content is known ends above the extension's`(
        template: String, directory: String
    ) throws {
        #expect(try OutputName(parsing: template).directory(fields) == directory)
    }
}
