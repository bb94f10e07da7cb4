import Glibc
import Testing

/// One of our three programs as a process of its own; what it says goes to a file.
final class Program: @unchecked Sendable {
    let pid: pid_t
    private let record: String
    private var status: Int32?

    /// Where the programs lie: beside the bundle of the tests.
    static let folder: String = {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count)
        let own = String(decoding: path[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let arguments = CommandLine.arguments
        // A test runner is told which bundle to load.
        let bundle = arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] } ?? own
        return bundle.lastIndex(of: "/").map { String(bundle[...$0]) } ?? ""
    }()

    /// - Parameter record: the path of two files to come: what it writes (`.out`), and what it says (`.err`).
    init(_ name: String, _ arguments: [String], environment: [String: String], record: String) throws {
        self.record = record
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, record + ".out", flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, record + ".err", flags, 0o600)
        let words = ([name] + arguments).map { strdup($0) } + [nil]
        // The sanitizers of `make test-thread` and `make test-address` report from the programs too.
        var settings = environment
        for name in ["TSAN_OPTIONS", "ASAN_OPTIONS"] {
            if let value = getenv(name) { settings[name] = String(cString: value) }
        }
        let variables = settings.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var started: pid_t = 0
        let code = posix_spawn(&started, Self.folder + name, &actions, nil, words, variables)
        try #require(code == 0, "cannot start \(Self.folder + name)")
        pid = started
    }

    deinit { end() }

    /// Ends it at once, if it has not ended.
    func end() {
        guard !hasEnded else { return }
        kill(pid, SIGKILL)
        var word: Int32 = 0
        while waitpid(pid, &word, 0) < 0, errno == EINTR {}
        status = -SIGKILL
    }

    func signal(_ number: Int32) { kill(pid, number) }

    var hasEnded: Bool {
        if status != nil { return true }
        var word: Int32 = 0
        guard waitpid(pid, &word, WNOHANG) == pid else { return false }
        status = word & 0x7F == 0 ? word >> 8 & 0xFF : -(word & 0x7F)
        return true
    }

    /// Its exit code, or minus the signal that ended it.
    func exitCode() async throws -> Int32 {
        try await eventually("\(record) ends") { hasEnded }
        return status ?? 0
    }

    /// What it has written so far.
    var output: String { Self.text(record + ".out") }
    /// What it has said so far.
    var errors: String { Self.text(record + ".err") }

    private static func text(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Looks again and again until `condition` holds, for as long as the slowest machine may take.
func eventually(
    _ what: String, within limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    var looks = 0
    while true {
        if try await condition() { return }
        looks += 1
        // On a machine that is busy elsewhere, time passes without a look.
        try #require(
            ContinuousClock.now < end || looks < 200, "never: \(what)", sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(min(10 + looks, 100)))
    }
}
