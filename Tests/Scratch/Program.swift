package import Glibc
internal import System

/// What a program said, and what it ended with: its exit code, or minus the signal that ended it.
package struct Answer: CustomStringConvertible, Sendable {
    package let code: Int32
    package let output: String
    package let errors: String

    /// The lines of standard output.
    package var lines: [String] { output.split(separator: "\n").map(String.init) }

    package var description: String { "exit \(code)\nstdout: \(output)\nstderr: \(errors)" }
}

/// A program that a test started. It is killed, at the latest, when the test releases it.
package final class Program: @unchecked Sendable {
    package let pid: pid_t
    private let name: String
    private let said: (output: NamelessFile, errors: NamelessFile)
    private var status: Int32?

    /// Where our programs are: beside the bundle of the tests.
    package static let folder: String = {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count)
        let own = String(decoding: path[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let arguments = CommandLine.arguments
        // A test runner is told which bundle to load.
        let bundle = arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] } ?? own
        return bundle.lastIndex(of: "/").map { String(bundle[...$0]) } ?? ""
    }()

    package static let jobctl = folder + "jobctl"

    /// - Parameters:
    ///   - name: one of ours, a path, or a program in `PATH`.
    ///   - input: standard input, an open file; empty if none is given.
    ///   - terminal: the path of a terminal that replaces the three standard streams.
    package init(
        _ name: String, _ arguments: [String], environment: [String: String], input: Int32? = nil,
        terminal: String? = nil
    ) throws {
        self.name = name
        said = (NamelessFile(), NamelessFile())
        let path = ["jobd", "jobctl", "jobsim", "jobthumb"].contains(name) ? Self.folder + name : name
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, terminal ?? "/dev/null", O_RDWR, 0)
        }
        for (stream, file) in [(STDOUT_FILENO, said.output), (STDERR_FILENO, said.errors)] {
            posix_spawn_file_actions_adddup2(
                &actions, terminal == nil ? file.descriptor.number : STDIN_FILENO, stream)
        }
        // The program inherits no other open file. Closing what is not open is no error.
        for file in Int32(3)..<256 { posix_spawn_file_actions_addclose(&actions, file) }
        // The threads that run tests block signals, and a child would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // A shell has its background jobs ignore these, so a test in one would, too, and its programs.
        var interrupts = sigset_t()
        sigemptyset(&interrupts)
        for number in [SIGINT, SIGQUIT, SIGTERM, SIGHUP] { sigaddset(&interrupts, number) }
        posix_spawnattr_setsigdefault(&attributes, &interrupts)
        let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (terminal == nil ? 0 : newSession)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        // The sanitizers of `make test-thread` and `make test-address` report from the programs too.
        var settings = environment
        for name in ["TSAN_OPTIONS", "ASAN_OPTIONS"] {
            if let value = getenv(name) { settings[name] = String(cString: value) }
        }
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let variables = settings.map { strdup("\($0)=\($1)") } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var started: pid_t = 0
        let code = posix_spawnp(&started, path, &actions, &attributes, words, variables)
        guard code == 0 else { throw Never(description: "cannot start \(path)") }
        pid = started
    }

    deinit { end() }

    /// Ends it at once, if it has not ended.
    package func end() {
        guard !hasEnded else { return }
        kill(pid, SIGKILL)
        var word: Int32 = 0
        while waitpid(pid, &word, 0) < 0, errno == EINTR {}
        status = -SIGKILL
    }

    package func signal(_ number: Int32) { kill(pid, number) }

    /// How much memory it has or had, in kilobytes, as the kernel counts under this name; nil after its end.
    package func memory(_ name: String) -> Int? { Self.memory(name, of: pid) }

    package static func memory(_ name: String, of pid: pid_t) -> Int? {
        let lines = FileOnDisk.text("/proc/\(pid)/status")?.split(separator: "\n")
        let line = lines?.first { $0.hasPrefix(name + ":") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }

    package var hasEnded: Bool {
        if status != nil { return true }
        var word: Int32 = 0
        guard waitpid(pid, &word, WNOHANG) == pid else { return false }
        status = word & 0x7F == 0 ? word >> 8 & 0xFF : -(word & 0x7F)
        return true
    }

    /// Its exit code, or minus the signal that ended it; after a signal, if one is named.
    package func exitCode(after number: Int32? = nil) async throws -> Int32 {
        if let number { signal(number) }
        try await eventually("\(name) ends; it says \(errors)") { hasEnded }
        return status ?? 0
    }

    package func exitCode(after number: Int32? = nil) throws -> Int32 {
        if let number { signal(number) }
        try eventually("\(name) ends; it says \(errors)") { hasEnded }
        return status ?? 0
    }

    /// Waits for its end.
    package func answer() async throws -> Answer {
        Answer(code: try await exitCode(), output: output, errors: errors)
    }

    package func answer() throws -> Answer { Answer(code: try exitCode(), output: output, errors: errors) }

    /// Waits until it says these words on its standard error.
    package func says(_ words: String, file: StaticString = #fileID, line: UInt = #line) async throws {
        try await eventually("it says \(words)", file: file, line: line) {
            hasEnded || errors.contains(words)
        }
        guard errors.contains(words) else { throw Never(description: "it ended and said \(errors)") }
    }

    /// What it has written so far.
    package var output: String { said.output.text }
    /// What it has said so far.
    package var errors: String { said.errors.text }

    /// A program that is not ours, run to its end without any of the caller's settings. 127: it could not be
    /// started.
    @discardableResult
    package static func run(_ words: String...) -> Answer {
        let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"]
        let program = try? Program(words[0], Array(words.dropFirst()), environment: environment)
        return (try? program?.answer()) ?? Answer(code: 127, output: "", errors: "")
    }

    /// What the `sqlite3` shell makes of `sql`: a writer that knows nothing of us.
    package static func sqlite3(_ database: String, _ sql: String) -> Answer {
        run("sqlite3", "-batch", "-bail", "-cmd", ".timeout 10000", database, sql)
    }
}

/// What a test waited for did not happen.
package struct Never: Error, CustomStringConvertible {
    package let description: String
}

/// Checks until `condition` is true, for as long as the slowest machine may take.
package func eventually(
    _ what: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line,
    _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + patience
    var pause = 2
    while try await !condition() {
        if ContinuousClock.now > end { throw Never(description: "never: \(what()) (\(file):\(line))") }
        try await Task.sleep(for: .milliseconds(pause))
        pause = min(pause + 2, 100)
    }
}

/// The same for a condition that is not asynchronous.
@_disfavoredOverload
package func eventually(
    _ what: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line,
    _ condition: () throws -> Bool
) throws {
    let end = ContinuousClock.now + patience
    while try !condition() {
        if ContinuousClock.now > end { throw Never(description: "never: \(what()) (\(file):\(line))") }
        usleep(5000)
    }
}

/// Minutes: only a test that fails waits so long. `make mutations`, where tests have to fail, shortens it.
private let patience = Duration.seconds(getenv("TEST_PATIENCE").flatMap { Int(String(cString: $0)) } ?? 600)
