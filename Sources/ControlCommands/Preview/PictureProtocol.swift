internal import CommandLineTool
internal import JSON

/// How a terminal is told to show a picture.
enum PictureProtocol: Equatable {
    /// kitty's graphics protocol, which Ghostty has too.
    case kitty
    /// The inline images of iTerm2, which WezTerm has too.
    case iTerm

    /// The variables of the environment that say which terminal it is.
    static let variables = ["KITTY_WINDOW_ID", "TERM_PROGRAM", "LC_TERMINAL", "TMUX", "STY"]

    /// Nil unless the environment says for certain that the terminal can show pictures: any other terminal
    /// would show a picture's bytes.
    init?(_ environment: [String: String]) {
        let terminal = environment["TERM"] ?? ""
        func isSet(_ name: String) -> Bool { environment[name].map { !$0.isEmpty } ?? false }
        // tmux and screen pass no pictures on, and the variables may be those of the terminal around them.
        if isSet("TMUX") || isSet("STY") || ["tmux", "screen", "dumb"].contains(where: terminal.hasPrefix) {
            return nil
        }
        if ["xterm-kitty", "xterm-ghostty"].contains(terminal) || isSet("KITTY_WINDOW_ID") {
            self = .kitty
        } else if ["iTerm.app", "WezTerm"].contains(environment["TERM_PROGRAM"])
            || environment["LC_TERMINAL"] == "iTerm2"
        {
            self = .iTerm
        } else {
            return nil
        }
    }

    /// Removes all pictures that were shown. Inline images go when something else is written over them.
    var removal: String { self == .kitty ? "\u{1B}_Ga=d,d=A,q=2\u{1B}\\" : "" }
}

/// A small picture, ready for the terminal.
struct TerminalPicture: Equatable {
    let kind: PictureProtocol
    let png: [UInt8]

    /// In pixels; nil if it is no PNG.
    private var pixels: (width: Int, height: Int)? {
        guard png.count >= 24, png.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return nil }
        func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
        let (width, height) = (number(png[16..<20]), number(png[20..<24]))
        return width > 0 && height > 0 ? (width, height) : nil
    }

    /// How many columns and rows it takes within a box; nil if it is no PNG. Cells are taken to be twice as
    /// high as wide, and 20 pixels high: a picture that is smaller than the box is not enlarged.
    func cells(within box: TerminalSize) -> TerminalSize? {
        guard let pixels else { return nil }
        let rows = max(1, min(box.rows, (pixels.height + 19) / 20))
        let columns = max(1, (2 * rows * pixels.width + pixels.height / 2) / pixels.height)
        if columns <= box.columns { return TerminalSize(columns: columns, rows: rows) }
        let least = (box.columns * pixels.height + pixels.width - 1) / (2 * pixels.width)
        return TerminalSize(columns: box.columns, rows: max(1, min(rows, least)))
    }

    /// Shows it at the cursor, which stays at the picture's start or goes to its last row.
    func sequence(_ cells: TerminalSize, keepsCursor: Bool = false) -> String {
        let text = Base64.text(of: png)
        switch kind {
        case .kitty:
            // The terminal keeps the shape if it is told only one of the two. It must not answer (q=2).
            let start = "a=T,f=100,q=2,r=\(cells.rows)\(keepsCursor ? ",C=1" : ""),"
            var rest = text.utf8[...]
            var sequence = ""
            while !rest.isEmpty {
                let piece = rest.prefix(4096)
                rest = rest.dropFirst(4096)
                sequence += "\u{1B}_G\(sequence.isEmpty ? start : "")m=\(rest.isEmpty ? 0 : 1);"
                sequence += String(Substring(piece)) + "\u{1B}\\"
            }
            return sequence
        case .iTerm:
            let options = "inline=1;size=\(png.count);width=\(cells.columns);height=\(cells.rows)"
            let cursor = keepsCursor ? ";doNotMoveCursor=1" : ""
            return "\u{1B}]1337;File=\(options);preserveAspectRatio=1\(cursor):\(text)\u{07}"
        }
    }
}
