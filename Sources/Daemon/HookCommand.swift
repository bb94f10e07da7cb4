internal import CLinux
internal import Dispatch
internal import Glibc

/// Runs a command of the configuration: JSON on standard input, no token in its environment, bounded in time.
struct HookCommand: Sendable {
    let words: [String]

    private static let longest: DispatchTimeInterval = .seconds(60)

    /// How the command ended: nil for well, else in words.
    func run(input: [UInt8]) async -> String? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: runBlocking(input)) }
        }
    }

    private func runBlocking(_ input: [UInt8]) -> String? {
        // A file in memory takes all of it at once, whether or not the command reads.
        let file = unsafe linux_in_memory("jobd-hook")
        guard file >= 0, unsafe write(file, input, input.count) == input.count else {
            return "no memory for its input"
        }
        defer { close(file) }
        lseek(file, 0, SEEK_SET)
        var process: pid_t = 0
        let failure = spawn(&process, file)
        guard failure == 0 else { return "cannot start: \(unsafe String(cString: strerror(failure)))" }
        let pid = process
        let timer = DispatchWorkItem { kill(-pid, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.longest, execute: timer)
        defer { timer.cancel() }
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        if signal != 0 {
            return signal == SIGKILL ? "it was killed; a minute is the most" : "ended by signal \(signal)"
        }
        let code = (status >> 8) & 0xFF
        return code == 0 ? nil : "ended with \(code)"
    }

    private func spawn(_ process: inout pid_t, _ input: Int32) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, 2, 1)
        unsafe linux_pass_streams_alone(&actions)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that all of it can be ended; and the signals as a command expects them.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGPIPE, SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&signals, signal) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF))
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        var variables = unsafe Self.environment().map { unsafe strdup($0) } + [nil]
        defer {
            unsafe arguments.forEach { unsafe free($0) }
            unsafe variables.forEach { unsafe free($0) }
        }
        return unsafe posix_spawnp(&process, words[0], &actions, &attributes, &arguments, &variables)
    }

    /// The own environment without any token.
    private static func environment() -> [String] {
        let names = [
            "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "DISPLAY",
        ]
        return names.compactMap { name in
            unsafe getenv(name).map { value in unsafe "\(name)=\(String(cString: value))" }
        }
    }
}
