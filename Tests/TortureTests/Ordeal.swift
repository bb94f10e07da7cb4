import Glibc
import JSON
import Scratch
import ScriptedServer
import Testing

/// One state directory on a disk that can be cut from power, and the programs that work on it.
final class Ordeal {
    let service: Stage
    let ledger: LedgerReader
    let disk: Disk
    /// The state directory.
    let stage: Stage
    /// Tells this ordeal's prompts, and its objects, from all others.
    let name: String
    /// Where its outputs go, too.
    let storage: StorageServer?
    /// What `jobctl` has answered for: the prompts by their ids.
    private(set) var promised: [Int64: String] = [:]
    private(set) var crashes = 0

    static let mostSubmitting = 2

    /// - Parameter storage: an object storage, and the value of `storage.outputs`.
    init(_ service: Stage, _ ledger: LedgerReader? = nil, storage: (StorageServer, outputs: String)? = nil) {
        self.service = service
        self.storage = storage?.0
        self.ledger = ledger ?? LedgerReader(of: service)
        let scratch = ScratchDirectory()
        disk = Disk(in: scratch)
        stage = Stage(
            in: scratch, state: disk.root + "/state",
            variables: disk.variables.merging(["TMPDIR": scratch.path]) { $1 })
        name = String(scratch.path.suffix(6))
        if let storage { configure(storage.0, storage.outputs) }
    }

    private func configure(_ server: StorageServer, _ outputs: String) {
        stage.variables["JOBD_CONFIG"] = stage.file(
            "config.json",
            """
            {"storage": {"url": "s3://bucket/\(name)", "endpoint": "\(server.url)", "outputs": "\(outputs)"},
             "timeout": {"answer": "10s"}}
            """)
        stage.variables["AWS_ACCESS_KEY_ID"] = "key"
        stage.variables["AWS_SECRET_ACCESS_KEY"] = "hush-hush"
    }

    // MARK: - Programs

    func start(_ words: [String], _ orders: Orders = .none, program: String = "jobctl") throws -> Program {
        try stage.start(words, environment: orders.variables(root: disk.root), program: program)
    }

    func jobctl(_ words: [String], _ orders: Orders = .none) async throws -> Program {
        let program = try start(words, orders)
        if try await program.exitCode() == -SIGKILL { crashes += 1 }
        return program
    }

    func jobd(
        _ orders: Orders = .none, settings: [String] = [], drains: Bool = true, at url: String? = nil
    ) throws -> Program {
        let all = ["max_submitting=\(Self.mostSubmitting)"] + settings
        stage.url = url ?? service.url
        return try stage.jobd(
            options: all.flatMap { ["--set", $0] } + (drains ? ["--drain"] : []),
            environment: orders.variables(root: disk.root))
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

    /// Runs jobd until so many jobs are as `condition` says, and ends it. Returns whether it crashed before.
    func run(
        _ orders: Orders, settings: [String] = [], until count: Int64, are condition: String,
        _ context: String
    ) async throws -> Bool {
        let jobd = try jobd(orders, settings: settings, drains: false)
        try await eventually("\(condition): \(context)\n\(jobd.errors)") {
            try jobd.hasEnded || stage.jobCount(where: condition) == count
        }
        defer { jobd.end() }
        guard jobd.hasEnded else { return false }
        #expect(try await jobd.exitCode() == -SIGKILL, "\(jobd.errors): \(context)")
        return true
    }

    // MARK: - Jobs

    static let models = [
        (Stage.edit, #""prompt":"P","images":["https://example.com/a.png"]"#),
        (Stage.sequential, #""text":"P","sequential_image_generation_options":2"#),
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

    /// The label of a job, as a line of a batch has it.
    func labelMember(_ number: Int) -> String {
        Self.label(number).map { #","label":\#(JSON.string($0).text)"# } ?? ""
    }

    /// A file for `enqueue --batch` with a job of each model in turn. `faults` are appended to the prompts.
    func batch(_ numbers: Range<Int>, keyed: Bool = false, faults: (Int) -> String = { _ in "" }) -> String {
        let lines = numbers.map { number in
            let (model, input) = Self.models[number % Self.models.count]
            let words = prompt(number) + faults(number)
            let filled = input.split(separator: "\"P\"", omittingEmptySubsequences: false).joined(
                separator: "\"\(words)\"")
            let key = keyed ? #","key":"\#(number)""# : ""
            return #"{"model":"\#(model)","input":{\#(filled)}\#(key)\#(labelMember(number))}"#
        }
        let path = stage.scratch["batch-\(numbers.lowerBound)"]
        FileOnDisk.write(lines.joined(separator: "\n") + "\n", to: path)
        return path
    }

    /// Enqueues jobs of all four models; what is answered for is remembered.
    @discardableResult
    func enqueue(
        _ numbers: Range<Int>, _ orders: Orders = .none, faults: (Int) -> String = { _ in "" }
    ) async throws -> Bool {
        let path = batch(numbers, faults: faults)
        return try await enqueue(
            ["--batch", path], prompts: numbers.map { prompt($0) + faults($0) }, orders)
    }

    /// Runs an enqueue of jobs with these prompts.
    @discardableResult
    func enqueue(_ words: [String], prompts: [String], _ orders: Orders = .none) async throws -> Bool {
        let program = try await jobctl(["enqueue", "-q"] + words, orders)
        // A line that was cut is no answer: half of an id is another id.
        let lines = program.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        let ids = lines.compactMap { Int64($0) }
        for (id, prompt) in zip(ids, prompts) { promised[id] = prompt }
        return try await program.exitCode() == 0
    }

    /// Waits until all jobs have come to an end.
    func waitForTheEnd(of jobd: Program, _ context: String) async throws {
        try await eventually("all is done: \(context)\n\(jobd.errors)") {
            try stage.jobCount(where: "state NOT IN ('completed', 'uncertain')") == 0
        }
    }

    /// The power fails: what was synced is left, and of the rest what `survivors` decides.
    func cutPower(survivors: SeededNumbers? = nil) {
        var survivors = survivors
        disk.cutPower(survivors: &survivors)
    }
}
