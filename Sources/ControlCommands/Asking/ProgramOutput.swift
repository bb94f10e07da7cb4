internal import CLinux
internal import Glibc

/// What another program wrote to its standard output.
enum ProgramOutput {
    enum Ending: Equatable {
        case code(Int32)
        case signal(Int32)
    }

    /// Runs a program to its end; it reads `input` first. Nil where it cannot be started. Its talk goes where
    /// ours goes.
    static func of(_ words: [String], input: String = "") -> (ending: Ending, output: String)? {
        guard let source = pair(), let sink = pair() else { return nil }
        defer { for end in [source.own, sink.own] { close(end) } }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, source.other, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, sink.other, STDOUT_FILENO)
        unsafe linux_pass_streams_alone(&actions)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let failure = unsafe posix_spawnp(&process, words[0], &actions, nil, &arguments, environ)
        for end in [source.other, sink.other] { close(end) }
        guard failure == 0 else { return nil }
        send(Array(input.utf8), to: source.own)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe read(sink.own, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            bytes += piece[..<count]
        }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        let ending = status & 0x7F == 0 ? Ending.code(status >> 8 & 0xFF) : .signal(status & 0x7F)
        return (ending, String(decoding: bytes, as: UTF8.self))
    }

    /// Sockets, which unlike pipes can be written to without a signal when nobody reads.
    private static func pair() -> (own: Int32, other: Int32)? {
        var ends: [Int32] = [0, 0]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// The reader takes all of it before it answers, or goes away.
    private static func send(_ bytes: [UInt8], to end: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(end, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            rest = rest.dropFirst(count)
        }
        shutdown(end, Int32(SHUT_WR))
    }

    /// A program that is installed beside this one; else the one of that name that the shell would find.
    static func sibling(_ name: String) -> String {
        let folder = folder
        // Debian keeps daemons in sbin and commands in bin.
        for place in [folder + name, folder + "../sbin/" + name] where unsafe access(place, X_OK) == 0 {
            return place
        }
        return name
    }

    /// Where this program lies, with a slash.
    static var folder: String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &path, path.count)
        let own = String(decoding: path[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return own.lastIndex(of: "/").map { String(own[...$0]) } ?? ""
    }
}
