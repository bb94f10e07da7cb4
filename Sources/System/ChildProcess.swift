internal import CLinux
internal import Glibc

/// A child process. It inherits the three standard streams and no other open file.
package struct ChildProcess: Sendable {
    package enum Ending: Equatable, Sendable {
        case code(Int32)
        case signal(Int32)

        fileprivate init(status: Int32) {
            self = status & 0x7F == 0 ? .code(status >> 8 & 0xFF) : .signal(status & 0x7F)
        }
    }

    package let id: Int32

    /// Starts `words[0]`, which is searched for in `PATH`.
    ///
    /// - Parameter environment: as `NAME=value`. The environment and each stream are inherited if nil.
    /// - Parameter isGroup: whether it becomes a process group, which `killGroup` can end.
    /// - Parameter isDetached: whether it gets a session of its own: neither Ctrl-C nor a terminal's end
    ///   reaches it.
    /// - Parameter signals: those that this process ignores and the child must not.
    package init(
        _ words: [String], environment: [String]? = nil, input: FileDescriptor? = nil,
        output: FileDescriptor? = nil, errors: FileDescriptor? = nil, isGroup: Bool = false,
        isDetached: Bool = false, resetting signals: [Int32] = []
    ) throws(SystemError) {
        // Only their numbers are passed on: keep them open until the child has them.
        defer { withExtendedLifetime((input, output, errors)) {} }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (stream, file) in [input, output, errors].enumerated() {
            if let file { unsafe posix_spawn_file_actions_adddup2(&actions, file.number, Int32(stream)) }
        }
        unsafe linux_pass_streams_alone(&actions)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var resets = sigset_t()
        unsafe sigemptyset(&resets)
        for signal in signals { unsafe sigaddset(&resets, signal) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &resets)
        // Our threads block signals for the main thread.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        let flags =
            POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (isGroup ? POSIX_SPAWN_SETPGROUP : 0)
            | (isDetached ? 0x80 /* POSIX_SPAWN_SETSID */ : 0)
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        var variables = unsafe (environment ?? []).map { unsafe strdup($0) } + [nil]
        defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
        var id: pid_t = 0
        let failure =
            if environment == nil {
                unsafe posix_spawnp(&id, words[0], &actions, &attributes, &arguments, environ)
            } else { unsafe posix_spawnp(&id, words[0], &actions, &attributes, &arguments, &variables) }
        if failure != 0 { throw SystemError(failure) }
        self.id = id
    }

    package func wait() -> Ending {
        var status: Int32 = 0
        while unsafe waitpid(id, &status, 0) < 0, errno == EINTR {}
        return Ending(status: status)
    }

    /// How it has ended; nil if it has not. The system says it once: then nobody can wait for the child.
    package func takeEnding() -> Ending? {
        var status: Int32 = 0
        return unsafe waitpid(id, &status, WNOHANG) == id ? Ending(status: status) : nil
    }

    /// Waits for the next child to end; nil if there is none.
    package static func waitForAny() -> (id: Int32, ending: Ending)? {
        var status: Int32 = 0
        while true {
            let id = unsafe waitpid(-1, &status, 0)
            if id >= 0 { return (id, Ending(status: status)) }
            if errno != EINTR { return nil }
        }
    }

    /// Kills the process and everything in its group.
    package func killGroup() { kill(-id, SIGKILL) }
}
