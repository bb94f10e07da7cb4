import Configuration
import JobModel
import JobStore
import Policy
import SQL
import Scratch
import Testing

@testable import Worker

/// Claiming on a real database.
@Suite struct ClaimTests {
    private let scratch = ScratchDirectory()
    private let database: JobDatabase

    init() throws {
        database = try JobDatabase(
            StateDirectory(path: scratch["state"], origin: .option), .create,
            clock: { Timestamp(milliseconds: 1_800_000_000_000) })
    }

    private func limits(price: Double? = nil) -> Configuration.ModelLimits {
        var limits = Configuration.ModelLimits()
        limits.priceUSD = price
        return limits
    }

    @discardableResult
    private func add(_ model: String = "m", _ change: (inout NewJob) -> Void = { _ in }) throws -> Int64 {
        var job = NewJob(model: model, input: #"{"prompt":"a cat"}"#)
        job.validation = .passed
        change(&job)
        return try database.enqueue(job).job.id
    }

    /// Writes to the database as any other program may.
    private func execute(_ script: String) throws {
        try SQLiteConnection(path: scratch["state/jobs.db"], .readWrite, busyTimeout: .seconds(5)).execute(
            script)
    }

    private func spend(_ dollars: Int, at time: Timestamp) throws {
        try execute(
            """
            DROP TRIGGER charges_insert_guard;
            INSERT INTO charges (job_id, submission, at, model, estimated_usd)
            VALUES (99, 1, '\(time)', 'm', \(dollars))
            """)
    }

    private func claim(
        _ allowance: Int = 100, choice: SubmissionGate.Choice? = nil, bytesUnderway: Int = 0,
        _ change: (inout Configuration) -> Void = { _ in }, as set: (inout Claim) -> Void = { _ in }
    ) throws -> Claim.Result {
        var configuration = Configuration()
        configuration.maxInFlight = 1000
        change(&configuration)
        var claim = Claim(
            choice: choice ?? .init(allowance: allowance),
            admission: Admission(configuration, InFlight(), allowance: choice?.allowance ?? allowance, at: 0),
            configuration: configuration, bytesUnderway: bytesUnderway)
        set(&claim)
        return try database.transaction { try claim.run(database) }
    }

    @Test func `the highest priority leaves first then the oldest whatever the model`() throws {
        try add("b")
        try add("a") { $0.priority = 5 }
        try add("c") { $0.priority = -1 }
        try add("a")
        try add("b") { $0.priority = 5 }
        #expect(try claim(2).jobs.map(\.id) == [2, 5])
        #expect(try claim(2).jobs.map(\.id) == [1, 4])
        let last = try claim(2).jobs
        #expect(last.map(\.id) == [3])
        #expect(last.allSatisfy { $0.state == .submitting && $0.submittedAt != nil })
        #expect(try claim(2).jobs.isEmpty)
    }

    @Test func `a limit holds back its models and no others`() throws {
        for _ in 1...3 { try add("narrow/x") { $0.priority = 9 } }
        try add("wide/x")
        func narrow(to limit: Int) -> (inout Configuration) -> Void {
            { $0.models["narrow/*", default: .init()].maxInFlight = limit }
        }
        #expect(try claim(10, narrow(to: 1)).jobs.map(\.id) == [1, 4])
        #expect(try claim(10, narrow(to: 0)).jobs.isEmpty)
        #expect(try claim(10, narrow(to: 9)).jobs.map(\.id) == [2, 3])
    }

    @Test func `nothing is taken without an allowance but what is due is still said`() throws {
        let then = database.now + .seconds(3600)
        try add { $0.notBefore = then }
        try add()
        let result = try claim(0)
        #expect(result.jobs.isEmpty)
        #expect(result.nextDue == then)
        #expect(try claim().jobs.map(\.id) == [2])
    }

    @Test func `held jobs stay`() throws {
        try add { $0.isHeld = true }
        #expect(try claim().jobs.isEmpty)
    }

    @Test func `a count that somebody has changed sends no job before its source`() throws {
        try add()
        _ = try database.enqueue(NewJob(model: "m", input: #"{"image":"job:1"}"#))
        try execute("DROP TRIGGER jobs_waits_for_guard; UPDATE jobs SET waits_for = 0")
        #expect(try claim().jobs.map(\.id) == [1])
        #expect(try database.find(2)?.waitsFor == 1)
    }

    @Test func `a job added by SQL is checked and one with a waiver is not`() throws {
        let model = "bytedance/seedream-4-0/sequential"
        try execute(
            """
            INSERT INTO jobs (model, input) VALUES ('\(model)', '{"image_size": 7}');
            INSERT INTO jobs (model, input) VALUES ('\(model)', '{"text": "two cats"}');
            INSERT INTO jobs (model, input, validation) VALUES ('\(model)', '{}', 'waived');
            INSERT INTO jobs (model, input) VALUES ('unknown/model', '{"anything": true}');
            """)
        let result = try claim()
        #expect(result.jobs.map(\.id) == [2, 3, 4])
        #expect(result.jobs.map(\.validation) == [.passed, .waived, .passed])
        #expect(result.refused.map(\.id) == [1])
        let refused = try #require(result.refused.first)
        #expect(refused.state == .failed && refused.failureKind == .input && refused.submissions == 0)
        #expect(refused.message?.contains("text") == true && refused.message?.contains("image_size") == true)
        #expect(try database.spent(.total) == 0)
    }

    @Test func `the budget is kept inside one claim`() throws {
        for _ in 1...5 { try add() }
        let result = try claim {
            $0.models = ["m": limits(price: 0.4)]
            $0.budget.inTotal = 1
        }
        #expect(result.jobs.map(\.id) == [1, 2])
        #expect(result.jobs.map(\.priceUSD) == [0.4, 0.4])
        #expect(result.budget?.contains("budget.total_usd is $1.00: $0.80 is spent") == true)
        #expect(try database.spent(.total) == 0.8)
        #expect(
            try claim {
                $0.models = ["m": limits(price: 0.4)]; $0.budget.inTotal = 1.2
            }.jobs.count == 1)
    }

    @Test(arguments: [nil, "acme"])
    func `what is too dear for a budget does not hide what is cheaper`(label: String?) throws {
        for price in [9, 9, 9, 1] {
            try add("m") {
                $0.input = #"{"num_images":\#(price)}"#
                $0.label = label
            }
        }
        let result = try claim(1) {
            $0.models = ["m": limits(price: 0.1)]
            guard let label else { return $0.budget.inTotal = 0.5 }
            $0.labelBudgets = [label: limits(day: 0.5)]
        }
        #expect(result.jobs.map(\.id) == [4] && result.budget?.contains("0.50") == true, "\(result)")
    }

    /// Sums of tenths do not make a budget that is just enough too small.
    @Test func `a budget that is just enough is enough`() throws {
        for _ in 1...10 { try add() }
        let result = try claim {
            $0.models = ["m": limits(price: 0.1)]
            $0.budget.perDay = 1
        }
        #expect(result.jobs.count == 10 && result.budget == nil)
    }

    @Test func `yesterday's spending is not today's`() throws {
        try add()
        let yesterday = Timestamp(milliseconds: database.now.startOfDay.milliseconds - 1)
        try spend(50, at: yesterday)
        let priced: (inout Configuration) -> Void = { $0.models = ["m": limits(price: 1)] }
        #expect(
            try claim {
                priced(&$0); $0.budget.inTotal = 20
            }.jobs.isEmpty)
        #expect(
            try claim {
                priced(&$0); $0.budget.perDay = 20
            }.jobs.count == 1)
    }

    @Test func `the price is that of all outputs asked for and a job of unknown price counts nothing`() throws
    {
        let model = "bytedance/seedream-4-0/sequential"
        try add(model) { $0.input = #"{"text":"x","sequential_image_generation_options":4}"# }
        try add("unknown/model")
        let result = try claim {
            $0.models = [model: limits(price: 0.25)]
            $0.budget.inTotal = 1
        }
        #expect(result.jobs.map(\.priceUSD) == [1, nil])
    }

    private func claim(_ change: (inout SubmissionGate.Choice) -> Void) throws -> Claim.Result {
        var choice = SubmissionGate.Choice(allowance: 1)
        change(&choice)
        return try claim(choice: choice)
    }

    @Test func `what is spared comes only where nothing else is ready`() throws {
        for priority in [Int64(5), 9, 1] { try add { $0.priority = priority } }
        #expect(try claim { $0.spared = [2, 1] }.jobs.map(\.id) == [3])
        let nothing = try claim { $0.spared = [2, 1] }
        #expect(nothing.jobs.isEmpty && nothing.hasSearched)
        #expect(try claim { ($0.spared, $0.takesSpared) = ([1, 2], true) }.jobs.map(\.id) == [1])
    }

    @Test func `a job that is asked for by name goes alone or is said to be gone`() throws {
        for _ in 1...3 { try add() }
        #expect(try claim { $0.only = 2 }.jobs.map(\.id) == [2])
        let gone = try claim { $0.only = 2 }
        #expect(gone.jobs.isEmpty && gone.onlyJobIsGone)
    }

    @Test func `the end of the queue is the last of the lowest priority`() throws {
        for (model, priority) in [("a", 1), ("b", 0), ("a", 0), ("b", 2)] as [(String, Int64)] {
            try add(model) { $0.priority = priority }
        }
        #expect(try claim { $0.fromTheEnd = true }.jobs.map(\.id) == [3])
        #expect(try claim { $0.fromTheEnd = true }.jobs.map(\.id) == [2])
    }

    @Test func `the bytes on the wire are bounded and one input may always go`() throws {
        let large = #"{"text":"\#(String(repeating: "x", count: 12 << 20))"}"#
        for model in ["a", "b", "c", "d"] { try add(model) { $0.input = large } }
        let first = try claim()
        #expect(first.jobs.map(\.id) == [1, 2])
        #expect(try claim(bytesUnderway: first.bytes).jobs.isEmpty)
        // A row of an older release.
        try execute(
            """
            DROP TRIGGER jobs_input_size;
            INSERT INTO jobs (model, input, priority) VALUES ('a', '{"text":"' || hex(zeroblob(20000000)) || '"}', 9)
            """)
        #expect(try claim().jobs.map(\.id) == [5])
        #expect(try claim().jobs.map(\.id) == [3, 4])
    }

    @Test func `a budget that is spent holds back jobs of unknown price too`() throws {
        for _ in 0..<2 { try add() }
        #expect(try claim(1) { $0.budget.perDay = 1 }.jobs.map(\.id) == [1])
        try execute("UPDATE charges SET reported_usd = 9")
        let result = try claim(1) { $0.budget.perDay = 1 }
        #expect(result.jobs.isEmpty && result.budget?.contains("budget.day_usd") == true)
    }

    @Test func `what a clock that was wrong has spent tomorrow is not of today`() throws {
        try add()
        let tomorrow = Timestamp(milliseconds: database.now.startOfDay.milliseconds + 86_400_000)
        try spend(50, at: tomorrow)
        let result = try claim {
            $0.models = ["m": limits(price: 1)]
            $0.budget.perDay = 20
        }
        #expect(result.jobs.count == 1)
    }

    /// Adds jobs whose input refers to a job that has completed.
    private func addDependents(_ count: Int, _ change: (inout NewJob) -> Void = { _ in }) throws -> [Int64] {
        let source = try database.transaction { try database.completedJob().id }
        return try (0..<count).map { _ in
            try add {
                $0.input = #"{"image":"job:\#(source)"}"#
                change(&$0)
            }
        }
    }

    @Test func `an input with references that cannot be read is refused`() throws {
        let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
        let ids = try addDependents(1) {
            $0.input.replace("}", with: #","deep":\#(deep)}"#)
            $0.validation = .waived
        }
        let result = try claim()
        #expect(result.refused.map(\.id) == ids && result.refused.first?.failureKind == .input)
        #expect(result.refused.first?.message?.contains("malformed JSON") == true)
    }

    @Test func `a job that is being prepared is passed over in every kind of claim`() throws {
        let id = try addDependents(1)[0]
        func claim(_ change: (inout SubmissionGate.Choice) -> Void) throws -> Claim.Result {
            var choice = SubmissionGate.Choice(allowance: 1)
            change(&choice)
            return try self.claim(
                choice: choice, as: { ($0.busy, $0.preparationRoom) = ([id], .init(all: 9)) })
        }
        #expect(try claim { _ in }.toPrepare.isEmpty)
        #expect(try claim { ($0.spared, $0.takesSpared) = ([id], true) }.toPrepare.isEmpty)
        let only = try claim { $0.only = id }
        #expect(only.toPrepare.isEmpty && !only.onlyJobIsGone)
        #expect(try self.claim(as: { $0.preparationRoom.all = 9 }).toPrepare.map(\.job) == [id])
    }

    @Test(arguments: [0, 4, 16])
    func `jobs that wait to be prepared hide none behind them`(room: Int) throws {
        let ids = try addDependents(40)
        let plain = try add()
        let result = try claim(
            4, as: { ($0.busy, $0.preparationRoom) = (Set(ids.prefix(10)), .init(all: room)) })
        #expect(result.jobs.map(\.id) == [plain])
        #expect(result.toPrepare.count == min(room, 4))
        #expect(try claim(4, as: { $0.busy = Set(ids) }).jobs.isEmpty)
    }

    private func limits(day: Double? = nil, month: Double? = nil, total: Double? = nil)
        -> Configuration.BudgetLimits
    {
        var limits = Configuration.BudgetLimits()
        (limits.perDay, limits.perMonth, limits.inTotal) = (day, month, total)
        return limits
    }

    @Test(arguments: ["acme", "ac*"])
    func `a label's budget holds back its own jobs and no others, however many they are`(entry: String) throws
    {
        for _ in 1...200 { try add { ($0.label, $0.priority) = ("acme", 5) } }
        for label in [nil, "other", "acme"] { try add { $0.label = label } }
        let change: (inout Configuration) -> Void = {
            $0.models = ["m": limits(price: 0.4)]
            $0.labelBudgets = [entry: limits(day: 1)]
        }
        let result = try claim(4, change)
        #expect(result.jobs.map(\.id) == [1, 2, 201, 202])
        #expect(
            result.budget == "budget.labels.\"\(entry)\".day_usd is $1.00: $0.80 is spent, "
                + "and the next job would take $0.40")
        #expect(try database.pauses().map(\.subject) == ["some jobs wait"])
        #expect(try claim(4, change).jobs.isEmpty)
        #expect(try claim(4) { $0.models = ["m": limits(price: 0.4)] }.jobs.count == 4)
        #expect(try database.pauses().isEmpty)
    }

    @Test func `every entry that matches holds, each as one budget for all its labels`() throws {
        for label in ["a", "ab", "ac", "b"] { try add { $0.label = label } }
        let priced: (inout Configuration) -> Void = { $0.models = ["m": limits(price: 1)] }
        let result = try claim {
            priced(&$0)
            $0.labelBudgets = ["a*": limits(month: 2), "ab": limits(total: 0.5), "*": limits(total: 2)]
        }
        #expect(result.jobs.map(\.label) == ["a", "ac"])
        #expect(result.budget?.hasPrefix("budget.labels.\"ab\".total_usd is $0.50") == true)
        #expect(result.budget?.hasSuffix("others hold jobs back, too: budget.labels.\"*\".total_usd") == true)
    }

    @Test func `a month's budget holds until the next month`() throws {
        try add()
        try spend(50, at: Timestamp(milliseconds: database.now.startOfDay.milliseconds - 86_400_000))
        let priced: (inout Configuration) -> Void = { $0.models = ["m": limits(price: 1)] }
        let held = try claim {
            priced(&$0); $0.budget.perMonth = 20
        }
        #expect(held.jobs.isEmpty && held.budget?.hasPrefix("budget.month_usd is $20.00: $50.00") == true)
        #expect(
            try claim {
                priced(&$0); $0.budget.perMonth = 51
            }.jobs.count == 1)
    }

    @Test func `a price of zero is free`() throws {
        try add()
        #expect(
            try claim {
                $0.models = ["m": limits(price: 0)]; $0.budget.inTotal = 0
            }.jobs.count == 1)
    }

    private func told() throws -> [String] {
        try database.events(after: 0, limit: 1000).filter { $0.kind == .fault }.map(\.detail)
    }

    @Test func `each budget that joins a pause is told once, and so is its next limit`() throws {
        let change: (inout Configuration) -> Void = {
            $0.models = ["m": limits(price: 1)]
            $0.labelBudgets = ["a": limits(day: 0.1), "b": limits(month: 0.2)]
        }
        try add { $0.label = "a" }
        #expect(try claim(4, change).budgetNews?.hasPrefix("budget.labels.\"a\".day_usd") == true)
        #expect(try told().count == 1)
        try add { $0.label = "b" }
        let joined = try claim(4, change)
        #expect(joined.budgetNews?.hasPrefix("budget.labels.\"b\".month_usd is $0.20") == true)
        #expect(joined.budget?.hasSuffix("too: budget.labels.\"b\".month_usd") == true)
        #expect(try told().count == 2)
        #expect(try told().last?.contains("labels.\\\"a") == false)
        for _ in 1...3 { #expect(try claim(4, change).budgetNews == nil) }
        let raised = try claim(4) {
            change(&$0)
            $0.labelBudgets["b"] = limits(month: 0.3)
        }
        #expect(raised.budgetNews?.contains("$0.30") == true)
        #expect(try told().count == 3)
        #expect(try database.pauses().count == 1)
    }

    @Test func `a budget's pause stands while its jobs cannot be looked at, and ends with them`() throws {
        let id = try add { $0.label = "a" }
        let change: (inout Configuration) -> Void = {
            $0.models = ["m": limits(price: 1)]
            $0.labelBudgets = ["a": limits(day: 0.1)]
        }
        let busy: (inout Configuration) -> Void = {
            change(&$0)
            $0.models["m"]?.maxInFlight = 0
        }
        let words = try claim(4, change).budget
        try add("other")
        for _ in 1...2 { #expect(try claim(4, busy).budget == words) }
        #expect(try claim(4, change).budget == words)
        #expect(try told().count == 1)
        _ = try database.transaction { try database.steer(id, .cancel) }
        #expect(try claim(4, busy).budget == nil)
        #expect(try database.pauses().isEmpty)
    }
}
