internal import CommandLineTool
internal import Glibc
internal import JobModel
internal import Startup
internal import System

/// The programs that may open a file, as `$BROWSER` and the desktop name them.
struct Opener {
    /// `$BROWSER`: commands, separated by colons.
    let browser: String?

    /// For so long a program is watched: one that cannot open the file usually ends at once.
    var patience = Duration.seconds(1)

    /// The commands for a file, in the order in which they are tried.
    func commands(for path: String) -> [[String]] {
        let wanted = (browser ?? "").split(separator: ":").map { command in
            // A final & asks for the background, where every program runs anyway.
            let words = command.split(separator: " ").filter { $0 != "&" }.map(String.init)
            let filled = words.map { Self.fill($0, path) }
            let namesPath = filled != words.map { Self.fill($0, "") }
            return words.isEmpty || namesPath ? filled : filled + [path]
        }
        return wanted.filter { !$0.isEmpty } + [["xdg-open", path]]
    }

    /// `%s` is the path, `%c` a colon, and `%%` a percent sign.
    private static func fill(_ word: String, _ path: String) -> String {
        var text = ""
        var rest = Substring(word)
        while let sign = rest.firstIndex(of: "%") {
            text += rest[..<sign]
            rest = rest[sign...].dropFirst()
            switch rest.popFirst() {
            case "s": text += path
            case "c": text += ":"
            case "%": text += "%"
            case let other: text += "%" + (other.map { String($0) } ?? "")
            }
        }
        return text + rest
    }

    /// Opens a file with the first program that can, and returns its name.
    func open(_ path: String) throws -> String {
        TokenSource.removeFromEnvironment()
        var failed: [String] = []
        for words in commands(for: path) {
            switch start(words) {
            case true?: return words[0]
            case false?: failed.append(words[0])
            case nil: break
            }
        }
        guard failed.isEmpty else {
            throw Failure(
                .no, SafeText.escape("\(failed.joined(separator: ", ")) could not open \(path)"),
                hint: "set $BROWSER to a program that can")
        }
        throw Failure(
            .no, "no program was found to open \(SafeText.escape(path))",
            hint: "set $BROWSER to one, or install xdg-open (package xdg-utils)")
    }

    /// Whether the command has succeeded or runs on; nil if it cannot be started.
    private func start(_ words: [String]) -> Bool? {
        guard let signals = try? SignalPipe([SIGCHLD]),
            let nothing = try? FileDescriptor(opening: "/dev/null", flags: O_RDWR),
            let process = try? ChildProcess(
                words, input: nothing, output: nothing, errors: nothing, isDetached: true)
        else { return nil }
        let end = ContinuousClock.now + patience
        while true {
            if let ending = process.takeEnding() { return ending == .code(0) }
            let milliseconds = (end - .now).wholeMilliseconds
            if milliseconds <= 0 { return true }
            var file = pollfd(fd: signals.file, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&file, 1, Int32(milliseconds))
            _ = signals.take()
        }
    }
}
