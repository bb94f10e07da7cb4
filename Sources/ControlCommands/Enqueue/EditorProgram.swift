internal import CLinux
internal import CommandLineTool
internal import Glibc
internal import Startup

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
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var ours = sigset_t()
        unsafe sigemptyset(&ours)
        for number in [SIGINT, SIGQUIT] { unsafe sigaddset(&ours, number) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &ours)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe linux_pass_streams_alone(&actions)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process: pid_t = 0
        // The token is no business of an editor and its plug-ins.
        for name in TokenSource.variables { unsafe unsetenv(name) }
        let failure = unsafe posix_spawn(&process, words[0], &actions, &attributes, &arguments, environ)
        guard failure == 0 else {
            throw Failure(.no, "cannot start an editor: \(unsafe String(cString: strerror(failure)))")
        }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        let number = status & 0x7F
        return number == 0 ? (status >> 8) & 0xFF : 128 + number
    }
}
