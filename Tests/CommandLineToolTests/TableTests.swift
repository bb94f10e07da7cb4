import CommandLineTool
import Testing

@Suite struct TableTests {
    private func screen(_ columns: Int) -> Screen { Screen(environment: ["COLUMNS": "\(columns)"]) }

    private func table(_ rows: [[String]]) -> Table {
        var table = Table([
            .init("ID", alignsRight: true), .init("STATE"), .init("MODEL", isFlexible: true),
            .init("PROMPT", isFlexible: true),
        ])
        for row in rows { table.add(row.map { Table.Cell($0) }) }
        return table
    }

    @Test func `columns are aligned, numbers to the right`() {
        let text = table([["7", "held", "a/b", "猫"], ["1000", "queued", "a/bcd", "cat"]]).aligned(screen(80))
        #expect(
            text == """
                  ID  STATE   MODEL  PROMPT
                   7  held    a/b    猫
                1000  queued  a/bcd  cat

                """)
    }

    @Test(arguments: [40, 60, 80, 200])
    func `no line is longer than the screen, and the last column gives way first`(width: Int) {
        let long = String(repeating: "word ", count: 40)
        let lines = table([["1", "in_progress", "bytedance/seedream-4-0/edit", long]]).aligned(screen(width))
            .split(separator: "\n")
        #expect(lines.allSatisfy { DisplayWidth.of(String($0)) <= width })
        if width >= 60 { #expect(lines[1].contains("bytedance/seedream-4-0/edit")) }
        #expect(lines[1].contains("…"))
    }

    @Test func `a name is cut at its start, and a prompt gets the room that is left`() {
        var table = Table([
            .init("MODEL", keepsEnd: true), .init("LABEL", isFlexible: true, enough: 14),
            .init("PROMPT", isFlexible: true),
        ])
        let long = "the quick brown fox jumps over the lazy dog and is never seen again in this country"
        table.add([
            Table.Cell("some-vendor/a-family/v1/image-to-video"), Table.Cell("cats and dogs in a row"),
            Table.Cell(long),
        ])
        let narrow = table.aligned(screen(70)).split(separator: "\n").last
        #expect(
            narrow == "…/image-to-video  cats and dogs…  the quick brown fox jumps over the…")
        let wide = table.aligned(screen(120)).split(separator: "\n").last
        let expected =
            "some-vendor/a-family/v1/image-to-video  cats and dogs in a row  "
            + "the quick brown fox jumps over the lazy dog and is…"
        #expect(wide.map { String($0) } == expected)
    }

    @Test func `in a pipe nothing is cut, and no cell can break a line or a column`() {
        let long = String(repeating: "x", count: 500)
        let text = table([["1", "held", "a\tb\nc", long]]).tabSeparated
        #expect(text == "1\theld\ta\\tb\\nc\t\(long)\n")
    }

    @Test func `without rows there is nothing`() {
        #expect(table([]).isEmpty)
        #expect(table([]).tabSeparated == "")
    }
}
