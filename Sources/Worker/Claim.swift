internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy

/// Takes jobs out of the queue: the pauses, the schema, and the limits of number, rate, money and memory
/// are kept in the same transaction.
struct Claim: Sendable {
    /// Which jobs may leave now.
    let choice: SubmissionGate.Choice
    /// What may leave now; the budgets are read when it runs.
    let admission: Admission
    let configuration: Configuration
    var hasToken = true
    /// The pause that the gate stands for. Where its row is gone, a person has ended it.
    var pause: Pause.Reason?
    /// How many bytes of inputs are on the wire already.
    var bytesUnderway = 0

    /// How many bytes of inputs are on the wire at once; one input may go whatever its size.
    static let mostBytes = 32 << 20

    struct Result: Sendable {
        /// The pauses that stood when it ran.
        var pauses: [Pause.Reason] = []
        var jobs: [Job] = []
        /// Jobs whose input breaks its schema: they never leave.
        var refused: [Job] = []
        /// Which budget stands in the way, in words.
        var budget: String?
        /// Models that no budget could hold back, as their price is not known.
        var unpriced: Set<String> = []
        /// When the next job's time comes.
        var nextDue: Timestamp?
        /// Whether the queue was searched for jobs to send.
        var hasSearched = false
        /// Whether the whole queue was searched, not only the job that was asked for by its id.
        var coversWholeQueue = false
        /// The job that was asked for by its id does not wait any more.
        var onlyJobIsGone = false

        var bytes: Int { jobs.reduce(0) { $0 + $1.input.utf8.count } }
    }

    /// What one claim has come to.
    private struct Taking {
        var result = Result()
        var admission: Admission
        /// Looked up once a claim: what was refreshed counts from the next one on.
        let models: ModelCatalogue
    }

    func run(_ database: JobDatabase) throws -> Result {
        var taking = Taking(
            admission: admission,
            models: ModelCatalogue(configuration) { try database.storedModel($0)?.document })
        if !hasToken {
            try database.keepPause(.token, "there is no token: set token_file, or $RUNCOMFY_TOKEN")
        }
        let pauses = try database.pauses().map(\.reason)
        taking.result.pauses = pauses
        if !hasToken || pauses.contains(.hand) || pause.map({ !pauses.contains($0) }) ?? false {
            return taking.result
        }
        taking.result.nextDue = try database.promoteDue(retriesWithin: configuration.retryMax)
        guard admission.room > 0 else { return taking.result }
        try take(&taking, database)
        // What was not looked at says nothing of the budget.
        if taking.result.coversWholeQueue { try database.keepPause(.budget, taking.result.budget) }
        return taking.result
    }

    private func take(_ taking: inout Taking, _ database: JobDatabase) throws {
        taking.result.hasSearched = true
        taking.result.coversWholeQueue = choice.only == nil
        try taking.admission.readBudgets { period in
            try period == .day ? database.spentToday() : database.spent(since: nil)
        }
        if let only = choice.only {
            let job = try database.ready(id: only)
            taking.result.onlyJobIsGone = job == nil
            if let job { try take(job, &taking, database) }
            return
        }
        let spared = Set(choice.spared)
        for job in try candidates(database) where !spared.contains(job.id) {
            guard try take(job, &taking, database) else { break }
        }
        guard choice.takesSpared else { return }
        for id in choice.spared where taking.result.jobs.isEmpty {
            if let job = try database.ready(id: id) { try take(job, &taking, database) }
        }
    }

    /// Takes one job, unless something holds it back. Answers false where no other has room either.
    ///
    /// Inputs are read one at a time. The first that does not fit ends the claim: the next begins with it.
    @discardableResult
    private func take(_ ready: ReadyJob, _ taking: inout Taking, _ database: JobDatabase) throws -> Bool {
        if let hold = taking.admission.hold(of: ready.model) { return !hold.isForAll }
        guard let job = try database.find(ready.id) else { return true }
        let underway = bytesUnderway + taking.result.bytes
        if underway > 0, underway + job.input.utf8.count > Self.mostBytes { return false }
        let faults = try taking.models.faults(in: job, isUTF8: database.hasReadableInput(job.id))
        guard faults.isEmpty else {
            let event = JobEvent.refused(message: faults.joined(separator: "; "))
            taking.result.refused.append(try database.record(event, for: job.id, in: .queued).withoutInput)
            return true
        }
        let price = try taking.models.price(of: job)
        if case .budget(let budget, _) = taking.admission.hold(price: price) {
            taking.result.budget = budget.words(against: price)
            return true
        }
        if price == nil, !taking.admission.budgets.isEmpty { taking.result.unpriced.insert(job.model) }
        taking.result.jobs.append(
            try database.record(.submitting(priceUSD: price), for: job.id, in: .queued))
        taking.admission.admit(job.model, price: price)
        return true
    }

    /// The first jobs of each model that may send, in the order of sending; from the end of the queue,
    /// the last of each model.
    private func candidates(_ database: JobDatabase) throws -> [ReadyJob] {
        let limit = admission.room + choice.spared.count
        let jobs = try database.readyModels().filter { admission.hold(of: $0) == nil }.flatMap {
            try database.ready(model: $0, limit: limit, fromTheEnd: choice.fromTheEnd)
        }
        .sorted { ($1.priority, $0.id) < ($0.priority, $1.id) }
        return choice.fromTheEnd ? jobs.reversed() : jobs
    }
}
