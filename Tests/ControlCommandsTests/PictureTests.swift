import CommandLineTool
import Glibc
import JobModel
import Scratch
import Testing

@testable import ControlCommands

@Suite struct PictureTests {
    /// As much of a PNG as says its size.
    private func picture(_ width: UInt16, _ height: UInt16, _ kind: PictureProtocol = .kitty)
        -> TerminalPicture
    {
        func bytes(_ number: UInt16) -> [UInt8] { [0, 0, UInt8(number >> 8), UInt8(number & 255)] }
        let start: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]
        return TerminalPicture(kind: kind, png: start + bytes(width) + bytes(height))
    }

    @Test(
        arguments: [
            (["TERM": "xterm-kitty"], .kitty), (["TERM": "xterm-ghostty"], .kitty),
            (["TERM": "xterm-256color", "KITTY_WINDOW_ID": "3"], .kitty),
            (["TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"], .iTerm),
            (["TERM_PROGRAM": "WezTerm"], .iTerm), (["LC_TERMINAL": "iTerm2"], .iTerm),
            ([:], nil), (["TERM": "xterm-256color"], nil), (["TERM": "xterm-kitty", "TMUX": "x"], nil),
            (["TERM": "xterm-kitty", "STY": "1.pts"], nil),
            (["TERM": "tmux-256color", "LC_TERMINAL": "iTerm2"], nil),
            (["TERM": "dumb", "KITTY_WINDOW_ID": "3"], nil), (["KITTY_WINDOW_ID": ""], nil),
            (["TERM_PROGRAM": "vscode"], nil),
        ] as [([String: String], PictureProtocol?)])
    func `a terminal is believed to show pictures only if it is certain`(
        environment: [String: String], kind: PictureProtocol?
    ) {
        #expect(PictureProtocol(environment) == kind)
    }

    @Test func `a picture keeps its shape, and is not enlarged`() {
        let box = TerminalSize(columns: 80, rows: 16)
        #expect(picture(512, 512).cells(within: box) == TerminalSize(columns: 32, rows: 16))
        #expect(picture(512, 288).cells(within: box) == TerminalSize(columns: 53, rows: 15))
        #expect(picture(512, 100).cells(within: box) == TerminalSize(columns: 51, rows: 5))
        #expect(picture(40, 40).cells(within: box) == TerminalSize(columns: 4, rows: 2))
        #expect(picture(512, 1).cells(within: box) == TerminalSize(columns: 80, rows: 1))
        #expect(picture(512, 512).cells(within: .init(columns: 20, rows: 16)) == .init(columns: 20, rows: 10))
        #expect(TerminalPicture(kind: .kitty, png: [1, 2]).cells(within: box) == nil)
        #expect(picture(0, 5).cells(within: box) == nil)
    }

    @Test func `a short picture is one piece, a long one several`() {
        let cells = TerminalSize(columns: 4, rows: 2)
        #expect(picture(1, 1).sequence(cells).hasPrefix("\u{1B}_Ga=T,f=100,q=2,r=2,m=0;iVBORw0KGgo"))
        let long = TerminalPicture(kind: .kitty, png: Array(repeating: 0, count: 6144)).sequence(cells)
        let pieces = long.split(separator: "\u{1B}\\")
        #expect(pieces.count == 2 && pieces[1].hasPrefix("\u{1B}_Gm=0;") && pieces[1].count == 4096 + 7)
        #expect(
            picture(1, 1, .iTerm).sequence(cells, keepsCursor: true).hasPrefix(
                "\u{1B}]1337;File=inline=1;size=24;width=4;height=2;preserveAspectRatio=1;doNotMoveCursor=1:iVBO"
            ))
    }
}

@Suite struct OpenerTests {
    private func commands(_ browser: String?) -> [[String]] {
        Opener(browser: browser).commands(for: "/a b/100%.png").dropLast().map { $0 }
    }

    @Test func `the variable BROWSER is read as everywhere, and the desktop's program comes last`() {
        #expect(Opener(browser: nil).commands(for: "/a") == [["xdg-open", "/a"]])
        #expect(commands("") == [] && commands(":: ") == [])
        #expect(commands("feh") == [["feh", "/a b/100%.png"]])
        #expect(
            commands("feh -F:firefox --tab=%s &") == [
                ["feh", "-F", "/a b/100%.png"], ["firefox", "--tab=/a b/100%.png"],
            ])
        #expect(commands("a%cb 100%%") == [["a:b", "100%", "/a b/100%.png"]])
    }

    @Test func `a program that fails in time gives way to the next, and one that runs on is taken`() throws {
        let scratch = ScratchDirectory()
        let late = scratch["late"]
        FileOnDisk.write("#!/bin/sh\necho $$ >'\(scratch["id"])'; sleep 0.3; exit 3\n", to: late)
        chmod(late, 0o700)
        let patient = Opener(browser: late + ":true", patience: .seconds(600))
        #expect(try patient.open("/a") == "true")
        let hasty = Opener(browser: late + ":true", patience: .zero)
        FileOnDisk.write("", to: scratch["id"])
        #expect(try hasty.open("/a") == late)
        // Swift Testing looks for the ends of its own children, and would find that of this one for ever.
        var id: Int32?
        try eventually("it says what its id is") {
            id = FileOnDisk.text(scratch["id"]).flatMap { Int32($0.filter(\.isNumber)) }
            return id != nil
        }
        #expect(waitpid(try #require(id), nil, 0) == id)
    }
}
