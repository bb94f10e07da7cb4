import Glibc
import JSON
import Testing

/// jobsim as a program of its own, from the directory of this test's bundle.
final class JobsimProcess {
    let pid: pid_t
    /// Its first line, or all of its output when it ends without serving.
    let output: String
    private var isOver = false

    init(_ arguments: [String]) throws {
        var ends: [Int32] = [-1, -1]
        // Not a pipe, which programs of other tests would keep open.
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        _ = unsafe socketpair(AF_UNIX, type, 0, &ends)
        defer { close(ends[0]) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], descriptor)
        }
        for end in ends { unsafe posix_spawn_file_actions_addclose(&actions, end) }
        let words = unsafe (["jobsim"] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var started: pid_t = 0
        let code = unsafe posix_spawn(&started, Self.path, &actions, nil, words, environ)
        close(ends[1])
        try #require(code == 0, "cannot start \(Self.path)")
        pid = started
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        let servesAfterOneLine = !arguments.contains("--help")
        while unsafe read(ends[0], &byte, 1) == 1 {
            bytes.append(byte)
            if servesAfterOneLine, byte == UInt8(ascii: "\n") { break }
        }
        output = String(decoding: bytes, as: UTF8.self)
    }

    deinit { if !isOver { _ = end(with: SIGKILL) } }

    var client: WebClient {
        WebClient(port: output.split(separator: ":").last.flatMap { UInt16($0.filter(\.isNumber)) } ?? 0)
    }

    /// The exit code, or minus the signal that ended it.
    func end(with signal: Int32? = nil) -> Int32 {
        if let signal { kill(pid, signal) }
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
        isOver = true
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
    }

    private static var path: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let bundle = String(
            decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return bundle.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/jobsim"
    }
}
