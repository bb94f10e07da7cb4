internal import Glibc

/// What another program wrote to its standard output.
enum ProgramOutput {
    /// Runs a program to its end. Nil where it cannot be started. Its talk goes where ours goes.
    static func of(_ words: [String]) -> (code: Int32, output: String)? {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let failure = unsafe posix_spawnp(&process, words[0], &actions, nil, &arguments, environ)
        close(ends[1])
        guard failure == 0 else { return nil }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while case let count = unsafe read(ends[0], &piece, piece.count), count > 0 {
            bytes += piece[..<count]
        }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        return ((status >> 8) & 0xFF, String(decoding: bytes, as: UTF8.self))
    }

    /// A program that is installed beside this one; else the one of that name that the shell would find.
    static func sibling(_ name: String) -> String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &path, path.count)
        let own = String(decoding: path[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = own.lastIndex(of: "/").map { String(own[...$0]) } ?? ""
        // Debian keeps daemons in sbin and commands in bin.
        for place in [folder + name, folder + "../sbin/" + name] where unsafe access(place, X_OK) == 0 {
            return place
        }
        return name
    }
}
