internal import Glibc

/// A program that is not ours, run to its end.
package struct Command {
    package let status: Int32
    package let output: String

    /// Runs the program with what it says on both its outputs taken together. Status 127: it could not be
    /// started.
    package static func run(_ words: [String]) -> Command {
        var ends: [Int32] = [0, 0]
        // Not a pipe: that would be open to a program which another test starts at this moment, and would end
        // with it.
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        precondition(socketpair(AF_UNIX, type, 0, &ends) == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        var arguments = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        // Nothing of the caller's own settings: the same everywhere.
        var environment =
            (["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"] as [String]).map { strdup($0) } + [nil]
        defer { environment.forEach { free($0) } }
        var process: pid_t = 0
        let started = posix_spawnp(&process, words[0], &actions, nil, &arguments, &environment)
        close(ends[1])
        defer { close(ends[0]) }
        guard started == 0 else { return Command(status: 127, output: "") }
        var said: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = read(ends[0], &chunk, chunk.count), count > 0 {
            said.append(contentsOf: chunk[..<count])
        }
        var status: Int32 = 0
        waitpid(process, &status, 0)
        return Command(
            status: status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F),
            output: String(decoding: said, as: UTF8.self))
    }

    /// What the `sqlite3` shell makes of `sql`: a writer that knows nothing of us.
    package static func sqlite3(_ database: String, _ sql: String) -> Command {
        run(["sqlite3", "-batch", "-bail", "-cmd", ".timeout 10000", database, sql])
    }
}

/// A line of the shell that runs until nobody holds it any more.
package final class Background: Sendable {
    private let process: pid_t

    package struct NotStarted: Error {}

    package init(_ line: String) throws {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, which ends as a whole.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var arguments = (["sh", "-c", line] as [String]).map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var process: pid_t = 0
        guard posix_spawnp(&process, "sh", nil, &attributes, &arguments, environ) == 0 else {
            throw NotStarted()
        }
        self.process = process
    }

    deinit {
        kill(-process, SIGKILL)
        waitpid(process, nil, 0)
    }
}
