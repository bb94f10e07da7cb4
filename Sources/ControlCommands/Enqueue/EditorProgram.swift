internal import CommandLineTool
internal import Glibc
internal import Startup
internal import System

/// The editor that the person wants.
enum EditorProgram {
    /// Runs it on the file, and waits for its end.
    static func edit(_ path: String) throws {
        let command = command
        // As git does it: the shell reads the person's own words, and the path is a word of its own.
        let words = ["/bin/sh", "-c", command + " \"$@\"", command, path]
        // ^C is the editor's; what was written must not be lost by it.
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

    /// Its exit code; of one that was killed 128 and the signal, as shells say it.
    private static func run(_ words: [String]) throws -> Int32 {
        // The token is no business of an editor and its plug-ins.
        for name in TokenSource.variables { unsafe unsetenv(name) }
        do throws(SystemError) {
            switch try ChildProcess(words, resetting: [SIGINT, SIGQUIT]).wait() {
            case .code(let code): return code
            case .signal(let number): return 128 + number
            }
        } catch { throw Failure(.no, "cannot start an editor: \(error)") }
    }
}
