internal import Glibc
internal import HTTP
package import JSON
package import SQL
internal import System

/// A state directory for one test, the real programs that work on it, and a simulator with a ledger.
package final class Stage: @unchecked Sendable {
    package static let token = "token-of-the-tests-0123456789"
    package static let edit = "bytedance/seedream-4-0/edit"
    package static let sequential = "bytedance/seedream-4-0/sequential"

    package let scratch: ScratchDirectory
    package var folder: String { scratch.path }
    package let state: String
    package private(set) var simulator: Program?
    /// The address of the service, and of nobody until there is one.
    package var url: String
    /// What has to live as long as the stage: every jobd, and what a test adds.
    package var kept: [AnyObject] = []
    /// Further variables for the environment of its programs.
    package var variables: [String: String]
    private static let http = try? HTTPClient(userAgent: "tests/1")

    /// Without a simulator.
    package init(
        in scratch: ScratchDirectory = ScratchDirectory(), state: String? = nil,
        variables: [String: String] = [:], url: String = "http://127.0.0.1:9"
    ) {
        self.url = url
        self.scratch = scratch
        self.state = state ?? scratch["state"]
        self.variables = variables
        if SharedServer.isTested, variables["JOBD_STORE"] == nil { use(Self.newSharedStore()) }
    }

    /// With a simulator, which is quick unless the options say otherwise.
    package static func simulated(_ options: String...) async throws -> Stage {
        let stage = Stage()
        try await stage.simulate(options)
        return stage
    }

    /// The server and the database, if the store is a shared one.
    package private(set) var shared: (server: SharedServer, database: String)?

    /// Gives the stage a new shared store.
    package func share(on server: SharedServer? = nil) async throws {
        guard let server else { return use(Self.newSharedStore()) }
        use((server, try server.database()))
        let answer = try await jobctl("migrate")
        guard answer.code == 0 else { throw Never(description: "\(answer)") }
    }

    private func use(_ store: (server: SharedServer, database: String)) {
        shared = store
        variables["JOBD_STORE"] = store.server.address(store.database)
    }

    private static func newSharedStore() -> (server: SharedServer, database: String) {
        do {
            let server = try SharedServer.ofAllTests.get()
            return (server, try server.database(from: try template.get()))
        } catch { preconditionFailure("no PostgreSQL: \(error)") }
    }

    /// A database with the schema, which is copied for each test.
    private static let template = Result {
        let server = try SharedServer.ofAllTests.get()
        let name = try server.database()
        let migrate = try Program(
            "jobctl", ["migrate", "--store", server.address(name)], environment: ["HOME": "/"])
        guard try migrate.exitCode() == 0 else { throw Never(description: migrate.errors) }
        return name
    }

    /// On a new database of a server, without a simulator.
    package static func shared(on server: SharedServer? = nil) async throws -> Stage {
        let stage = Stage()
        try await stage.share(on: server)
        return stage
    }

    /// Another state directory, on the same store and with the same service.
    package func neighbour(_ name: String = "neighbour") -> Stage {
        let stage = Stage(in: scratch, state: scratch[name], variables: variables, url: url)
        stage.shared = shared
        return stage
    }

    deinit { simulator?.end() }

    // MARK: - Programs

    /// Starts the simulator, or restarts it on the same port.
    package func simulate(_ options: [String] = []) async throws {
        let port = simulator == nil ? "0" : String(url.split(separator: ":").last ?? "0")
        simulator?.end()
        let started = try Program(
            "jobsim",
            [
                "--port", port, "--seed", "7", "--queue", "50ms", "--run", "50ms", "--jitter", "0",
                "--image-width", "96", "--token", Self.token, "--state", scratch["simulator"],
            ] + options, environment: [:])
        simulator = started
        try await eventually("jobsim listens") { started.hasEnded || started.output.contains("\n") }
        let words = started.output.split(separator: "\n").first?.split(separator: " ") ?? []
        guard words.dropLast().elementsEqual(["jobsim", "listening", "on"]) else {
            throw Never(description: "\(started.errors)\(started.output)")
        }
        url = String(words[3])
    }

    package var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "JOBD_STATE_DIR": state, "TZ": "UTC0",
            "TERM": "xterm", "LC_ALL": "C.UTF-8", "JOBCTL_PAGER": "cat",
        ].merging(variables) { $1 }
    }

    /// Starts a program. A variable that is changed to the empty text is removed.
    package func start(
        _ words: [String], input: Int32? = nil, environment changes: [String: String] = [:],
        program: String = "jobctl"
    ) throws -> Program {
        let environment = environment.merging(changes) { $1 }.filter { $1 != "" }
        return try Program(program, words, environment: environment, input: input)
    }

    /// Settings that make a test short.
    package static let quick = [
        "poll.min=20ms", "poll.max=200ms", "retry.min=20ms", "retry.max=200ms", "min_free=0",
        "log_level=debug",
    ]

    /// Starts `jobd`, which lives as long as the stage; `settings` are for `--set`.
    @discardableResult
    package func jobd(
        _ settings: String..., options: [String] = [], environment changes: [String: String] = [:]
    ) throws -> Program {
        let settings = (Self.quick + settings).flatMap { ["--set", $0] }
        let jobd = try start(
            ["--api-url", url] + settings + options,
            environment: ["RUNCOMFY_TOKEN": Self.token].merging(changes) { $1 }, program: "jobd")
        kept.append(jobd)
        return jobd
    }

    /// Runs `jobd --drain` to its end, which must have this code.
    @discardableResult
    package func drain(_ settings: String..., code: Int32 = 0) async throws -> Answer {
        let options = settings.flatMap { ["--set", $0] } + ["--drain"]
        let answer = try await jobd(options: options).answer()
        guard answer.code == code else { throw Never(description: "\(answer)") }
        return answer
    }

    /// A stage with a simulator and some completed jobs.
    package static func completed(_ jobs: Int = 3) async throws -> Stage {
        let stage = try await simulated()
        for number in 1...jobs { try await stage.enqueue("fox \(number)") }
        try await stage.drain()
        return stage
    }

    /// Runs a program to its end.
    @discardableResult
    package func run(
        _ program: String, _ words: [String], input: String = "", environment: [String: String] = [:]
    ) throws -> Answer {
        let file = NamelessFile(Array(input.utf8))
        return try start(words, input: file.descriptor.number, environment: environment, program: program)
            .answer()
    }

    @discardableResult
    package func jobctl(_ words: String..., input: String = "", environment: [String: String] = [:]) throws
        -> Answer
    { try run("jobctl", words, input: input, environment: environment) }

    @discardableResult
    package func jobctl(_ words: [String], input: String = "", environment: [String: String] = [:]) throws
        -> Answer
    { try run("jobctl", words, input: input, environment: environment) }

    @discardableResult
    package func jobctl(_ words: String..., environment: [String: String] = [:]) async throws -> Answer {
        try await jobctl(words, environment: environment)
    }

    @discardableResult
    package func jobctl(_ words: [String], environment: [String: String] = [:]) async throws -> Answer {
        try await start(words, environment: environment).answer()
    }

    /// Enqueues a job for one picture; the prompt may order faults for it.
    @discardableResult
    package func enqueue(_ prompt: String = "a fox", _ more: String...) async throws -> Int64 {
        try Self.id(of: try await jobctl(Self.enqueueing(prompt) + more))
    }

    @discardableResult
    package func enqueue(_ prompt: String = "a fox", _ more: String...) throws -> Int64 {
        try Self.id(of: try jobctl(Self.enqueueing(prompt) + more))
    }

    private static func enqueueing(_ prompt: String) -> [String] {
        ["enqueue", sequential, "text=\(prompt)", "sequential_image_generation_options=1", "-q"]
    }

    private static func id(of answer: Answer) throws -> Int64 {
        guard answer.code == 0, let id = answer.lines.first.flatMap({ Int64($0) }) else {
            throw Never(description: "\(answer)")
        }
        return id
    }

    /// What `jobctl show --json` says of a job.
    package func job(_ id: Int64) async throws -> JSON {
        try JSON(parsing: try await jobctl("show", String(id), "--json").output)
    }

    /// What a bare `jobctl --json` says.
    package func overview() async throws -> JSON { try JSON(parsing: try await jobctl("--json").output) }

    /// Writes a file beside the state directory, and returns its path.
    @discardableResult
    package func file(_ name: String, _ text: String) -> String {
        FileOnDisk.write(text, to: scratch[name])
        return scratch[name]
    }

    // MARK: - The database, as a person with sqlite3 sees it

    package var database: String { state + "/jobs.db" }

    package func connection() throws -> Connection {
        if let shared { return try shared.server.connection(shared.database) }
        return .sqlite(try SQLiteConnection(path: database, .readWrite, busyTimeout: .seconds(600)))
    }

    package func number(_ sql: String) throws -> Int64 { try connection().first(sql) { $0.integer(0) } ?? 0 }

    package func text(_ sql: String) throws -> String? {
        try connection().first(sql) { $0.optionalText(0) } ?? nil
    }

    package func texts(_ sql: String) throws -> [String] { try connection().all(sql) { $0.text(0) } }
    package func execute(_ script: String) throws { try connection().execute(script) }

    package func state(of id: Int64) throws -> String {
        try text("SELECT state FROM jobs WHERE id = \(id)") ?? "no job \(id)"
    }

    /// How many jobs are in one state, or in any.
    package func jobCount(_ state: String? = nil) throws -> Int64 {
        try jobCount(where: state.map { "state = '\($0)'" } ?? "true")
    }

    package func jobCount(where condition: String) throws -> Int64 {
        guard shared != nil || FileOnDisk.exists(database) else { return 0 }
        return try number("SELECT count(*) FROM jobs WHERE " + condition)
    }

    /// Puts a job into a state as jobd would leave it.
    package func put(_ id: Int64, into state: String, errorKind: String = "remote") throws {
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

    package func wait(
        for id: Int64, toBe state: String, file: StaticString = #fileID, line: UInt = #line
    ) async throws {
        // On a slow machine a job may have left a state before anybody could look.
        let way = ["in_queue", "in_progress", "downloading", "completed"]
        let reached = way.firstIndex(of: state).map { Array(way[$0...]) } ?? [state]
        try await eventually("job \(id) is \(state)", file: file, line: line) {
            reached.contains(try self.state(of: id))
        }
    }

    /// Waits until every job is in one of these states.
    package func waitUntilAllAre(_ states: String..., file: StaticString = #fileID, line: UInt = #line)
        async throws
    {
        let words = states.map { "'\($0)'" }.joined(separator: ",")
        try await eventually("all jobs are \(states)", file: file, line: line) {
            try number("SELECT count(*) FROM jobs WHERE state NOT IN (\(words))") == 0
        }
    }

    // MARK: - Behind the scenes of the simulator

    package func ask(_ path: String, posting body: String? = nil) async throws -> [UInt8] {
        let method = body.map { HTTPRequest.Method.post(body: Array($0.utf8)) } ?? .get
        return try await Self.http?.send(HTTPRequest(url: url + path, method: method)).body ?? []
    }

    package func statistics() async throws -> JSON { try JSON(parsing: try await ask("/_sim/stats")) }

    /// The counts, then every request.
    package func ledger() async throws -> [JSON] {
        String(decoding: try await ask("/_sim/ledger"), as: UTF8.self).split(separator: "\n").compactMap {
            try? JSON(parsing: $0)
        }
    }

    /// How many POSTs the simulator has received, and how many it has charged for.
    package func posts() async throws -> Int64? { try await ledger().first?["posts"]?.integer }
    package func accepted() async throws -> Int64? { try await ledger().first?["accepted"]?.integer }

    /// Replaces the faults that are set.
    package func setFaults(_ faults: String...) async throws { try await setFaults(faults) }

    package func setFaults(_ faults: [String]) async throws {
        let list = JSON.object(["faults": .array(faults.map(JSON.string))])
        _ = try await ask("/_sim/faults", posting: list.text)
    }
}

extension Answer {
    /// Every line of standard output as a JSON object; any other line is an error.
    package func objects() throws -> [JSONObject] {
        try output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
            guard let object = try JSON(parsing: line, .strict).object else {
                throw Never(description: "no JSON object: \(line)")
            }
            return object
        }
    }

    package func object() throws -> JSONObject {
        guard let object = try objects().first, lines.count == 1 else { throw Never(description: "\(self)") }
        return object
    }
}
