internal import CommandLineTool
internal import Glibc
internal import Startup
internal import System

/// The editor that the person has chosen.
enum EditorProgram {
    /// Edits the file, and returns when the editor has ended.
    static func edit(_ path: String) throws {
        let command = command
        // As git does it: the shell splits the command, but not the path.
        let words = ["/bin/sh", "-c", command + " \"$@\"", command, path]
        // Ctrl-C is for the editor. It must not end jobctl, which would lose the text.
        let interrupt = signal(SIGINT, SIG_IGN)
        let quit = signal(SIGQUIT, SIG_IGN)
        defer {
            signal(SIGINT, interrupt)
            signal(SIGQUIT, quit)
        }
        let code = try run(words)
        let name = SafeText.escape(DisplayWidth.cut(command, to: 60))
        if code == 0 { return }
        throw Failure(
            .no, "the editor (\(name)) ended with \(code); nothing was enqueued",
            hint: code == 127 ? "set $EDITOR to an editor that is installed" : nil)
    }

    private static var command: String {
        let wanted = Environment.values(of: ["VISUAL", "EDITOR"])
        for name in ["VISUAL", "EDITOR"] {
            if let command = wanted[name], command.contains(where: { $0 != " " }) { return command }
        }
        return unsafe access("/usr/bin/sensible-editor", X_OK) == 0 ? "sensible-editor" : "vi"
    }

    /// The exit code; if a signal killed it, 128 plus the signal, as in shells.
    private static func run(_ words: [String]) throws -> Int32 {
        // An editor and its plug-ins must not see the token.
        TokenSource.removeFromEnvironment()
        do throws(SystemError) {
            switch try ChildProcess(words, resetting: [SIGINT, SIGQUIT]).wait() {
            case .code(let code): return code
            case .signal(let number): return 128 + number
            }
        } catch { throw Failure(.no, "cannot start an editor: \(error)") }
    }
}
