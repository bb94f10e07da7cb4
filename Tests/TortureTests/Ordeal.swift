import Glibc
import HTTP
import JSON
import SQLite
import Scratch
import Testing

/// One state directory on a disk that can be cut from power, and the programs that work on it.
final class Ordeal {
    let service: Stage
    let ledger: LedgerReader
    let disk = Disk(in: ScratchDirectory())
    var scratch: ScratchDirectory { disk.scratch }
    var state: String { disk.root + "/state" }
    /// Tells this ordeal's prompts from all others.
    private let name: String
    private var runs = 0
    /// What `jobctl` has answered for: the prompts by their ids.
    private(set) var promised: [Int64: String] = [:]
    private(set) var crashes = 0

    static let mostSubmitting = 2

    init(_ service: Stage, _ ledger: LedgerReader? = nil) {
        self.service = service
        self.ledger = ledger ?? LedgerReader(of: service)
        name = String(disk.scratch.path.suffix(6))
    }

    // MARK: - Programs

    private func environment(_ orders: Orders) -> [String: String] {
        var variables = service.environment
        variables["JOBD_STATE_DIR"] = state
        variables["TMPDIR"] = scratch.path
        variables.merge(disk.variables) { $1 }
        return variables.merging(orders.variables(root: disk.root)) { $1 }
    }

    private func record(_ name: String) -> String {
        runs += 1
        return scratch["\(runs)-\(name)"]
    }

    /// What the `sqlite3` shell makes of `sql`, on the same disk.
    func sqlite3(_ sql: String) -> Command {
        let variables = environment(.none).map { "\($0)=\($1)" }
        return Command.run(
            ["env"] + variables + ["sqlite3", "-cmd", ".timeout 20000", state + "/jobs.db", sql])
    }

    /// A `jobctl` that runs on.
    func start(_ words: [String], _ orders: Orders = .none) throws -> Program {
        try Program("jobctl", words, environment: environment(orders), record: record("jobctl"))
    }

    func jobctl(_ words: [String], _ orders: Orders = .none) async throws -> Program {
        let program = try start(words, orders)
        if try await program.exitCode() == -SIGKILL { crashes += 1 }
        return program
    }

    func jobd(
        _ orders: Orders = .none, settings: [String] = [], drains: Bool = true, at url: String? = nil
    ) throws -> Program {
        var variables = environment(orders)
        variables["RUNCOMFY_TOKEN"] = Stage.token
        let all = Stage.quick + ["max_submitting=\(Self.mostSubmitting)"] + settings
        return try Program(
            "jobd",
            ["--api-url", url ?? service.url] + all.flatMap { ["--set", $0] } + (drains ? ["--drain"] : []),
            environment: variables, record: record("jobd"))
    }

    /// Runs `jobd --drain` with these orders. Answers whether it crashed; it must end well otherwise.
    func drain(_ orders: Orders = .none, settings: [String] = []) async throws -> Bool {
        let jobd = try jobd(orders, settings: settings)
        let code = try await jobd.exitCode()
        if code == -SIGKILL, orders.crashAt != nil {
            crashes += 1
            return true
        }
        #expect(code == 0, "\(jobd.errors)")
        return false
    }

    // MARK: - Jobs

    static let models = [
        ("bytedance/seedream-4-0/edit", #""prompt":"P","images":["https://example.com/a.png"]"#),
        ("bytedance/seedream-4-0/sequential", #""text":"P","sequential_image_generation_options":2"#),
        (
            "bytedance/seedream-4-0/edit-sequential",
            #""text":"P","images":["https://example.com/a.png"],"sequential_image_generation_options":1"#
        ),
        (
            "bytedance/seedance-v1.5-pro/image-to-video",
            #""prompt":"P","duration":4,"first_frame_image_url":"https://example.com/a.png""#
        ),
    ]

    func prompt(_ number: Int) -> String { "fox \(name) \(number)" }

    /// A file for `enqueue --batch` with a job of each model in turn. `faults` are appended to the prompts.
    func batch(
        _ numbers: Range<Int>, keyed: Bool = false, faults: (Int) -> String = { _ in "" }
    ) -> String {
        let lines = numbers.map { number in
            let (model, input) = Self.models[number % Self.models.count]
            let words = prompt(number) + faults(number)
            let filled = input.split(separator: "\"P\"", omittingEmptySubsequences: false).joined(
                separator: "\"\(words)\"")
            let key = keyed ? #","key":"\#(number)""# : ""
            return #"{"model":"\#(model)","input":{\#(filled)}\#(key)}"#
        }
        let path = scratch["batch-\(numbers.lowerBound)"]
        FileOnDisk.write(lines.joined(separator: "\n") + "\n", to: path)
        return path
    }

    /// Enqueues jobs of all four models; what is answered for is remembered.
    @discardableResult
    func enqueue(
        _ numbers: Range<Int>, _ orders: Orders = .none, faults: (Int) -> String = { _ in "" }
    ) async throws -> Bool {
        let path = batch(numbers, faults: faults)
        let program = try await jobctl(["enqueue", "--batch", path, "-q"], orders)
        // A line that was cut is no answer: half of an id is another id.
        let lines = program.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let ids = lines.compactMap { Int64($0) }
        for (id, number) in zip(ids, numbers) { promised[id] = prompt(number) + faults(number) }
        return try await program.exitCode() == 0
    }

    // MARK: - The database

    func connection() throws -> Connection {
        try Connection(path: state + "/jobs.db", .readWrite, busyTimeout: .seconds(30))
    }

    func number(_ sql: String) throws -> Int64 { try connection().first(sql) { $0.integer(0) } ?? 0 }
    func texts(_ sql: String) throws -> [String] { try connection().all(sql) { $0.text(0) } }
    func count(_ state: String) throws -> Int64 {
        try number("SELECT count(*) FROM jobs WHERE state = '\(state)'")
    }

    func cutPower(survivors: inout Seed?) { disk.cutPower(survivors: &survivors) }
}
