internal import Glibc
internal import JobStore
internal import System

/// Runs a command of the configuration: JSON on standard input, no token in its environment, bounded in time.
struct HookCommand: Sendable {
    let words: [String]
    /// For a jobctl in the command.
    let directory: StateDirectory

    private static let timeLimit: Duration = .seconds(60)

    /// Returns nil if the command succeeded, else how it ended, in words.
    func run(input: [UInt8]) async -> String? {
        await BlockingPool.onThread { runBlocking(input) }
    }

    private func runBlocking(_ input: [UInt8]) -> String? {
        // A file in memory takes all of the input at once, whether or not the command reads it.
        guard let file = try? FileDescriptor.inMemory(input) else { return "no memory for its input" }
        let process: ChildProcess
        do throws(SystemError) {
            process = try ChildProcess(
                words, environment: environment, input: file, output: .standardError, isGroup: true,
                resetting: [SIGPIPE, SIGTERM, SIGINT, SIGHUP])
        } catch { return "cannot start: \(error)" }
        let timer = TaskThread.timers.after(Self.timeLimit) { process.killGroup() }
        defer { TaskThread.timers.cancel(timer) }
        switch process.wait() {
        case .code(0): return nil
        case .code(let code): return "ended with \(code)"
        case .signal(SIGKILL): return "it was killed; the limit is one minute"
        case .signal(let number): return "ended by signal \(number)"
        }
    }

    /// jobd's environment without any token.
    private var environment: [String] {
        let names = [
            "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "DISPLAY",
        ]
        let inherited = (names + (directory.sharedStore == nil ? [] : Self.ofStore)).compactMap { name in
            unsafe getenv(name).map { value in unsafe "\(name)=\(String(cString: value))" }
        }
        return inherited + ["JOBD_STATE_DIR=\(directory.path)"]
            + (directory.sharedStore.map { ["JOBD_STORE=\($0)"] } ?? [])
    }

    /// What libpq needs to know, too, to find the store. A password is not among it.
    private static let ofStore = [
        "PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSFILE", "PGSERVICEFILE", "PGSYSCONFDIR",
        "PGSSLMODE",
        "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGTARGETSESSIONATTRS",
    ]
}
