internal import Glibc

/// A program that is not ours, run to its end.
package struct Command {
    package let status: Int32
    package let output: String

    /// Runs the program with what it says on both its outputs taken together. Status 127: it could not be started.
    package static func run(_ words: [String]) -> Command {
        var ends: [Int32] = [0, 0]
        precondition(unsafe pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let started = unsafe posix_spawnp(&process, words[0], &actions, nil, &arguments, environ)
        close(ends[1])
        defer { close(ends[0]) }
        guard started == 0 else { return Command(status: 127, output: "") }
        var said: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = unsafe read(ends[0], &chunk, chunk.count), count > 0 {
            said.append(contentsOf: chunk[..<count])
        }
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        return Command(
            status: status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F),
            output: String(decoding: said, as: UTF8.self))
    }

    /// What the `sqlite3` shell makes of `sql`: a writer that knows nothing of us.
    package static func sqlite3(_ database: String, _ sql: String) -> Command {
        run(["sqlite3", "-batch", "-bail", "-cmd", ".timeout 10000", database, sql])
    }
}
