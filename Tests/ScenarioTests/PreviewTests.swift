import Glibc
import JSON
import Scratch
import Testing

/// The helper runs under limits of memory that the sanitizers' own needs exceed.
@Suite(.enabled(if: getenv("TSAN_OPTIONS") == nil && getenv("ASAN_OPTIONS") == nil))
struct PreviewTests {
    private let stage = Stage()
    private let kitty = ["TERM": "xterm-kitty"]

    private func completed(cutTo count: Int = 10_000) throws {
        try stage.complete(try stage.enqueue("2 cats"), with: "", as: "a.png")
        let path = stage.state + "/outputs/a.png"
        try stage.run(
            "/bin/sh", ["-c", "echo \(ThumbnailTests.png) | base64 -d | head -c \(count) > \(path)"])
    }

    /// The picture that the kitty protocol transmits, with the keys of its first piece.
    private func kittyPicture(in text: String) throws -> (keys: String, png: [UInt8]) {
        var (keys, content): ([String], String) = ([], "")
        for piece in text.split(separator: "\u{1B}_G").dropFirst() {
            let parts = try #require(piece.split(separator: "\u{1B}\\").first).split(separator: ";")
            guard parts.count == 2 else { continue }
            #expect(parts[1].count <= 4096)
            keys.append(String(parts[0]))
            content += parts[1]
        }
        #expect(keys.dropLast().allSatisfy { $0.hasSuffix("m=1") } && keys.last?.hasSuffix("m=0") == true)
        return (keys.first ?? "", try decoded(content))
    }

    private func decoded(_ base64: String) throws -> [UInt8] {
        let path = stage.file("picture.base64", base64)
        try stage.run("/bin/sh", ["-c", "base64 -d \(path) > \(stage.folder)/picture.png"])
        return try #require(FileOnDisk.bytes(stage.folder + "/picture.png"))
    }

    private func size(ofPNG bytes: [UInt8]) -> [Int] {
        guard bytes.count > 24, bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return [] }
        return [16, 20].map { bytes[$0..<$0 + 4].reduce(0) { $0 << 8 | Int($1) } }
    }

    @Test func `kitty is given the job's picture, scaled down and in pieces`() throws {
        try completed()
        let shown = try stage.onTerminal("show 1", environment: kitty)
        let (keys, png) = try kittyPicture(in: shown.output)
        #expect(size(ofPNG: png) == [512, 341])
        #expect(keys.hasPrefix("a=T,f=100,q=2,r=16,"), "\(keys)")
        #expect(png.suffix(8).starts(with: [0x49, 0x45, 0x4E, 0x44]))
    }

    @Test(arguments: [
        ["TERM_PROGRAM": "iTerm.app"], ["TERM_PROGRAM": "WezTerm"], ["LC_TERMINAL": "iTerm2"],
    ])
    func `iTerm2 and WezTerm are given an inline image`(environment: [String: String]) throws {
        try completed()
        let shown = try stage.onTerminal("show 1", environment: environment).output
        let start = "\u{1B}]1337;File=inline=1;size="
        let after = try #require(shown.split(separator: start, maxSplits: 1).last)
        let sequence = try #require(after.split(separator: "\u{07}").first)
        let parts = sequence.split(separator: ":")
        #expect(parts[0].contains(";width=48;height=16;preserveAspectRatio=1"), "\(parts[0])")
        #expect(size(ofPNG: try decoded(String(parts[1]))) == [512, 341])
    }

    @Test(arguments: [
        ("show 1", [:]), ("show 1 --no-preview", ["TERM": "xterm-kitty"]),
        ("show 1", ["TERM": "xterm-kitty", "TMUX": "/tmp/tmux,1,0"]),
        ("show 1", ["TERM": "screen-256color", "KITTY_WINDOW_ID": "1"]),
        ("show 1 --json", ["TERM": "xterm-kitty"]), ("show 1 -q", ["TERM": "xterm-kitty"]),
        ("show 1 | cat", ["TERM": "xterm-kitty"]), ("show 1", ["TERM_PROGRAM": "Apple_Terminal"]),
    ])
    func `no other terminal, pipe or program is given one`(words: String, environment: [String: String])
        throws
    {
        try completed()
        let shown = try stage.onTerminal(words, environment: environment)
        #expect(shown.code == 0 && shown.output.contains("1"))
        #expect(!shown.output.contains("\u{1B}_G") && !shown.output.contains("1337"), "\(shown.output)")
    }

    @Test func `a picture that cannot be read is left out without a word`() throws {
        try completed(cutTo: 70)
        let shown = try stage.onTerminal("show 1", environment: kitty)
        #expect(shown.code == 0 && !shown.output.contains("\u{1B}_G"))
        #expect(!shown.output.contains("jobctl:"), "\(shown.output)")
    }

    @Test func `watch shows it beside the details, once, and takes it away`() throws {
        try completed()
        let terminal = try PseudoTerminal(stage, ["watch"], environment: kitty, columns: 100)
        try terminal.shows("completed")
        terminal.type("\r")
        try terminal.waits { _ in terminal.text.contains("m=0;") && terminal.text.contains("Esc back") }
        let shown = terminal.text
        let (keys, png) = try kittyPicture(in: shown)
        #expect(size(ofPNG: png) == [512, 341] && keys.contains(",C=1"), "\(keys)")
        // Beside the text, not over it: the picture takes 54 columns.
        #expect(terminal.screen.lines.prefix(15).allSatisfy { $0.count <= 46 }, "\(terminal.screen.text)")
        #expect(shown.contains("\u{1B}[1;47H\u{1B}_Ga=T"), "\(shown.debugDescription)")
        // The times in the details change, the picture does not.
        try terminal.waits { _ in terminal.text.count > shown.count }
        terminal.type("\u{1B}")
        try terminal.waits { _ in terminal.text.contains("\u{1B}_Ga=d,d=A,q=2\u{1B}\\\u{1B}[1;1H") }
        #expect(terminal.text.split(separator: "a=T,").count == 2)
        #expect(try terminal.finish(typing: "q") == 0)
    }

    @Test func `the helper makes a PNG of a small picture too, and no other format`() throws {
        let helper = Program.folder + "jobthumb"
        try completed()
        let (small, again) = (stage.folder + "/small.png", stage.folder + "/again.png")
        let line = "\"$0\" --png <\(stage.state)/outputs/a.png >\(small) && \"$0\" --png <\(small) >\(again)"
        let answer = try stage.run("/bin/sh", ["-c", line, helper])
        #expect(answer.code == 0, "\(answer)")
        #expect(size(ofPNG: FileOnDisk.bytes(again) ?? []) == [512, 341])
        #expect(try stage.run(helper, ["--png"], input: "no picture").code == 1)
    }
}
