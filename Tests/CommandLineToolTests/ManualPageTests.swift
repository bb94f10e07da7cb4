import CommandLineTool
import Testing

@Suite struct ManualPageTests {
    @Test func `no line is longer than roff's readers expect, however much is written out in it`() {
        var page = ManualPage("x", section: 1, date: "2026-01-31", version: "1", summary: "a program")
        page.paragraph(String(repeating: #"{"a", "-b"} "#, count: 40))
        page.item("x", String(repeating: #"~"c" --d "#, count: 40))
        for line in page.text.split(separator: "\n") { #expect(line.utf8.count <= 80, "\(line)") }
    }

    @Test func `a line that begins with a dot is no request`() {
        var page = ManualPage("x", section: 1, date: "2026-01-31", version: "1", summary: "a program")
        page.paragraph(".one " + String(repeating: "..... ", count: 40))
        let lines = page.text.split(separator: "\n").filter { $0.contains("...") }
        #expect(lines.count > 1 && lines.allSatisfy { $0.hasPrefix("\\&.") })
    }
}
