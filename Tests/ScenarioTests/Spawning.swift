import Glibc
import Testing

/// Starts a program with nothing of ours but what it is given.
enum Spawning {
    /// - Parameters:
    ///   - leadsSession: the first terminal that it opens becomes its own then.
    ///   - openFiles: says what its standard streams are.
    static func start(
        _ path: String, _ arguments: [String], environment: [String: String], leadsSession: Bool = false,
        openFiles: (inout posix_spawn_file_actions_t) -> Void
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        openFiles(&actions)
        // Nothing that happens to be open here goes along; closing what is not open is no error.
        for file in Int32(3)..<256 { posix_spawn_file_actions_addclose(&actions, file) }
        // The threads that run tests block signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | (leadsSession ? newSession : 0)))
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        // The sanitizers of `make test-thread` and `make test-address` report from the programs too.
        var settings = environment
        for name in ["TSAN_OPTIONS", "ASAN_OPTIONS"] {
            if let value = getenv(name) { settings[name] = String(cString: value) }
        }
        var variables: [UnsafeMutablePointer<CChar>?] =
            settings.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var processID: pid_t = 0
        let code = posix_spawn(&processID, path, &actions, &attributes, &words, &variables)
        try #require(code == 0, "cannot start \(path): \(String(cString: strerror(code)))")
        return processID
    }
}
