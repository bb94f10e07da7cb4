import Glibc
import JSON
import SQLite
import Testing

/// A place of its own for one test: a folder with a state directory in it, and the real `jobctl`.
final class Sandbox: Sendable {
    static let edit = "bytedance/seedream-4-0/edit"
    static let sequential = "bytedance/seedream-4-0/sequential"
    static let sequentialInput = "text=2 cats"

    let folder: String
    var directory: String { folder + "/state" }
    var database: String { directory + "/jobs.db" }

    init() throws {
        var name = Array("/tmp/jobctl-test-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&name).map { String(cString: $0) })
        folder = made
    }

    deinit {
        let removal = try? ChildProcess(
            "/bin/rm", ["-rf", folder], environment: [:], input: STDIN_FILENO, folder: "/tmp")
        _ = removal?.finish()
    }

    /// Where the programs lie: beside the bundle of the tests.
    static let program: String = {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count)
        let own = String(decoding: path[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let arguments = CommandLine.arguments
        // A test runner is told which bundle to load.
        let bundle = arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] } ?? own
        return (bundle.lastIndex(of: "/").map { bundle[...$0] } ?? "") + "jobctl"
    }()

    var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "JOBD_STATE_DIR": directory, "TZ": "UTC0",
            "TERM": "xterm", "LC_ALL": "C.UTF-8",
        ]
    }

    func start(
        _ arguments: [String], input: Int32? = nil, environment changes: [String: String] = [:],
        program: String = Sandbox.program
    ) throws -> ChildProcess {
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(nothing) }
        return try ChildProcess(
            program, arguments, environment: environment.merging(changes) { $1 }.filter { $1 != "" },
            input: input ?? nothing, folder: folder)
    }

    /// Runs `jobctl` to its end.
    @discardableResult
    func jobctl(_ arguments: String..., input: String = "", environment: [String: String] = [:]) throws
        -> Answer
    {
        try run(Self.program, arguments, input: input, environment: environment)
    }

    func run(
        _ program: String, _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) throws -> Answer {
        let name = try file("input-\(UInt64.random(in: 0 ... .max))", input)
        let handle = open(name, O_RDONLY | O_CLOEXEC)
        defer { close(handle) }
        return try start(arguments, input: handle, environment: environment, program: program).finish()
    }

    /// Writes a file beside the state directory, and answers its path.
    @discardableResult
    func file(_ name: String, _ text: String) throws -> String {
        let path = "\(folder)/\(name)"
        try ScratchFile.write(text, to: path)
        return path
    }

    /// Enqueues one job, and answers its id.
    @discardableResult
    func enqueue(_ more: String...) throws -> Int64 {
        let words = ["enqueue", Self.sequential, Self.sequentialInput, "-q"] + more
        let answer = try run(Self.program, words)
        try #require(answer.code == 0, "\(answer)")
        return try #require(answer.lines.first.flatMap { Int64($0) })
    }

    /// What a person with `sqlite3` would see.
    func connection() throws -> Connection {
        try Connection(path: database, .readWrite, busyTimeout: .seconds(30))
    }

    func number(_ sql: String) throws -> Int64 { try connection().first(sql) { $0.integer(0) } ?? 0 }
    func text(_ sql: String) throws -> String? { try connection().first(sql) { $0.optionalText(0) } ?? nil }

    func jobCount() throws -> Int64 {
        ScratchFile.exists(database) ? try number("SELECT count(*) FROM jobs") : 0
    }

    func texts(_ sql: String) throws -> [String] { try connection().all(sql) { $0.text(0) } }

    /// What a person changes with `sqlite3`.
    func change(_ sql: String, _ job: Int64? = nil) throws {
        if let job { try connection().run(sql, job) } else { try connection().execute(sql) }
    }

    /// Puts a job into a state as jobd would leave it.
    func put(_ id: Int64, into state: String, errorKind: String = "remote") throws {
        let then = "2026-01-01 00:00:00.000"
        let isSent = !["held", "queued", "cancelled"].contains(state)
        let isKnown =
            isSent && !["submitting", "uncertain"].contains(state)
            && !(state == "failed" && errorKind == "input")
        let hasEnded = ["completed", "failed", "cancelled"].contains(state)
        try connection().run(
            """
            UPDATE jobs SET state = ?2, submissions = ?3, submitted_at = ?4, request_id = ?5, followed_since = ?6,
                ended_at = ?7, error_kind = ?8, error_message = ?9 WHERE id = ?1
            """,
            id, state, isKnown || state == "uncertain" ? 1 : 0, isSent ? then : nil,
            isKnown ? "request-\(id)" : nil, isKnown ? then : nil, hasEnded ? then : nil,
            state == "failed" ? errorKind : nil, state == "failed" ? "it went wrong" : nil)
    }

    func state(of id: Int64) throws -> String? { try text("SELECT state FROM jobs WHERE id = \(id)") }
}

extension Answer {
    /// Every line of standard output as a JSON object; a line that is none is an issue.
    func objects() throws -> [JSONObject] {
        try output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
            try #require(try JSON(parsing: line, .strict).object, "no JSON object: \(line)")
        }
    }

    func object() throws -> JSONObject {
        let objects = try objects()
        try #require(objects.count == 1, "\(self)")
        return objects[0]
    }
}
