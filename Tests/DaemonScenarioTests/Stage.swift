import Glibc
import HTTP
import JSON
import SQLite
import Scratch
import Testing

/// A state directory of its own for one test, a simulator with a ledger, and the real programs to work on
/// them.
final class Stage: @unchecked Sendable {
    static let token = "token-of-the-tests-0123456789"
    static let edit = "bytedance/seedream-4-0/edit"
    static let sequential = "bytedance/seedream-4-0/sequential"

    let scratch: ScratchDirectory
    var state: String { scratch["state"] }
    private(set) var simulator: Program?
    var url = "http://127.0.0.1:9"
    private var runs = 0
    private let http: HTTPClient

    /// Without a simulator.
    init(in scratch: ScratchDirectory) throws {
        self.scratch = scratch
        http = try HTTPClient(userAgent: "tests/1")
    }

    /// With a simulator that is quick, if nothing else is said.
    convenience init(simulator options: String...) async throws {
        try self.init(in: ScratchDirectory())
        try await simulate(options)
    }

    deinit { simulator?.end() }

    // MARK: - Programs

    /// Starts the simulator, or starts it again where it stood.
    func simulate(_ options: [String] = []) async throws {
        let port = simulator == nil ? "0" : String(url.split(separator: ":").last ?? "0")
        simulator?.end()
        let started = try Program(
            "jobsim",
            [
                "--port", port, "--seed", "7", "--queue", "50ms", "--run", "50ms", "--jitter", "0",
                "--image-width", "96", "--token", Self.token, "--state", scratch["simulator"],
            ] + options, environment: [:], record: nextRecord("jobsim"))
        simulator = started
        try await eventually("jobsim listens") { started.hasEnded || started.output.contains("\n") }
        let line = started.output.split(separator: "\n").first.map(String.init) ?? ""
        try #require(line.hasPrefix("jobsim listening on "), "\(started.errors)\(started.output)")
        url = String(line.dropFirst("jobsim listening on ".count))
    }

    private func nextRecord(_ name: String) -> String {
        runs += 1
        return scratch["\(runs)-\(name)"]
    }

    var environment: [String: String] {
        [
            "PATH": "/usr/bin:/bin", "HOME": scratch.path, "JOBD_STATE_DIR": state, "TZ": "UTC0",
            "LC_ALL": "C.UTF-8",
        ]
    }

    /// The bounds that make a test short.
    static let quick = [
        "poll.min=20ms", "poll.max=200ms", "retry.min=20ms", "retry.max=200ms", "min_free=0",
        "log_level=debug",
    ]

    /// Starts `jobd` on this stage; `settings` are for `--set`.
    func jobd(
        _ settings: String..., options: [String] = [], environment changes: [String: String] = [:]
    ) throws -> Program {
        let variables = environment.merging(["RUNCOMFY_TOKEN": Self.token]) { $1 }.merging(changes) { $1 }
        return try Program(
            "jobd",
            ["--api-url", url] + (Self.quick + settings).flatMap { ["--set", $0] } + options,
            environment: variables.filter { $0.value != "" }, record: nextRecord("jobd"))
    }

    /// Runs `jobctl` to its end.
    @discardableResult
    func jobctl(_ arguments: String...) async throws -> (code: Int32, output: String, errors: String) {
        let program = try Program(
            "jobctl", arguments, environment: environment, record: nextRecord("jobctl"))
        let code = try await program.exitCode()
        return (code, program.output, program.errors)
    }

    /// Enqueues a job of one picture; its prompt may order faults for it.
    @discardableResult
    func enqueue(_ prompt: String = "a fox", _ more: String...) async throws -> Int64 {
        let program = try Program(
            "jobctl",
            ["enqueue", Self.sequential, "text=\(prompt)", "sequential_image_generation_options=1", "-q"]
                + more,
            environment: environment, record: nextRecord("jobctl"))
        try #require(try await program.exitCode() == 0, "\(program.errors)")
        return try #require(program.output.split(separator: "\n").first.flatMap { Int64($0) })
    }

    /// What `jobctl show --json` says of a job.
    func job(_ id: Int64) async throws -> JSON {
        try JSON(parsing: try await jobctl("show", String(id), "--json").output)
    }

    /// What a bare `jobctl --json` says.
    func overview() async throws -> JSON { try JSON(parsing: try await jobctl("--json").output) }

    // MARK: - The database, as a person with sqlite3 sees it

    func connection() throws -> Connection {
        try Connection(path: state + "/jobs.db", .readWrite, busyTimeout: .seconds(30))
    }

    func number(_ sql: String) throws -> Int64 { try connection().first(sql) { $0.integer(0) } ?? 0 }
    func text(_ sql: String) throws -> String? { try connection().first(sql) { $0.optionalText(0) } ?? nil }
    func texts(_ sql: String) throws -> [String] { try connection().all(sql) { $0.text(0) } }
    func execute(_ script: String) throws { try connection().execute(script) }

    func state(of id: Int64) throws -> String {
        try text("SELECT state FROM jobs WHERE id = \(id)") ?? "no job \(id)"
    }

    func wait(for id: Int64, toBe state: String, sourceLocation: SourceLocation = #_sourceLocation)
        async throws
    {
        // On a slow machine a job may have gone past a state before anybody could look.
        let way = ["in_queue", "in_progress", "downloading", "completed"]
        let reached = way.firstIndex(of: state).map { Array(way[$0...]) } ?? [state]
        try await eventually("job \(id) is \(state)", sourceLocation: sourceLocation) {
            reached.contains(try self.state(of: id))
        }
    }

    /// Waits until no job of the queue is left but those of the states given.
    func waitUntilAllAre(_ states: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws
    {
        let words = states.map { "'\($0)'" }.joined(separator: ",")
        try await eventually("all jobs are \(states)", sourceLocation: sourceLocation) {
            try number("SELECT count(*) FROM jobs WHERE state NOT IN (\(words))") == 0
        }
    }

    // MARK: - Behind the scenes of the simulator

    func ask(_ path: String, posting body: String? = nil) async throws -> [UInt8] {
        let method = body.map { HTTPRequest.Method.post(body: Array($0.utf8)) } ?? .get
        return try await http.send(HTTPRequest(url: url + path, method: method)).body
    }

    func statistics() async throws -> JSON { try JSON(parsing: try await ask("/_sim/stats")) }

    /// The counts, then every request.
    func ledger() async throws -> [JSON] {
        String(decoding: try await ask("/_sim/ledger"), as: UTF8.self).split(separator: "\n").compactMap {
            try? JSON(parsing: $0)
        }
    }

    /// How many POSTs the simulator has taken money for.
    func accepted() async throws -> Int64? { try await ledger().first?["accepted"]?.integer }

    /// Puts these faults in the place of those that stand.
    func setFaults(_ faults: String...) async throws { try await setFaults(faults) }

    func setFaults(_ faults: [String]) async throws {
        let list = JSON.object(["faults": .array(faults.map(JSON.string))])
        _ = try await ask("/_sim/faults", posting: list.text)
    }
}
