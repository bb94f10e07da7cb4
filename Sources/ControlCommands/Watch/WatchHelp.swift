internal import CommandLineTool

/// The keys of `jobctl watch`, for its help and its manual page.
enum WatchHelp {
    static let keys: [(String, String)] = [
        ("j k, arrows, page keys, g G", "choose a job"),
        ("Enter", "everything about it; Esc goes back"),
        ("c", "cancel it; asks where RunComfy has it already"),
        ("r", "retry it; says first whether that buys again, and asks"),
        ("h", "hold it"),
        ("R or u", "release it"),
        ("p", "pause or resume submissions; asks"),
        ("/", "only jobs with these words in prompt, label or model; Esc clears"),
        ("1-5, Tab", "all, what runs, what waits, what needs attention, what has ended"),
        ("Ctrl-L", "draw all anew"),
        ("q, Ctrl-C", "quit"),
    ]

    static func lines(width: Int) -> [StyledText] {
        var lines = [StyledText("keys", .bold), StyledText()]
        lines += Command.list(keys, width: width).split(separator: "\n").map { StyledText(String($0)) }
        return lines
    }
}
