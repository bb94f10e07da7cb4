internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import ObjectStorage
internal import Policy
internal import Provider

/// Takes jobs out of the queue. Pauses, schemas, and the limits of number, rate, money and memory are all
/// checked in the transaction that records `submitting`.
struct Claim: Sendable {
    let choice: SubmissionGate.Choice
    /// The budgets are read when the claim runs.
    let admission: Admission
    let configuration: Configuration
    var hasToken = true
    /// The pause of the closed gate. If its row is gone, a person has opened the gate.
    var pause: Pause.Reason?
    /// Counts what all jobds that share the store have sent: the limits are those of the account.
    var recount: (@Sendable (JobDatabase) throws -> Admission)?
    /// How many bytes of inputs are on the wire already.
    var bytesUnderway = 0
    /// What can be sent for the references of jobs, which jobs are passed over while that is found out, and
    /// for how many more it may be.
    var prepared: [Int64: Preparations.Result] = [:]
    var busy: Set<Int64> = []
    var preparationRoom = Preparations.Room()
    /// Jobs that have waited for the object storage.
    var troubled: Set<Int64> = []

    /// How many bytes of inputs may be on the wire at once. One input may always be sent, whatever its size.
    private static let mostBytes = 32 << 20
    /// How many more jobs of each model are looked at if the first ones are too dear for a budget.
    private static let moreForBudgets = 60

    /// How many jobs are read in one step.
    private static let mostReadAhead = 100

    struct Result: Sendable {
        /// The pauses that were in force.
        var pauses: [Pause.Reason] = []
        var jobs: [Job] = []
        /// The files that are sent inside the inputs of these jobs.
        var files: [Int64: [InlineFile]] = [:]
        /// Jobs whose input breaks its schema: they have failed.
        var refused: [Job] = []
        /// Jobs whose inputs name files, which are prepared before they can be claimed.
        var toPrepare: [Preparation] = []
        /// Jobs that are troubled no more, because somebody has taken them out of the queue.
        var withdrawn: [Int64] = []
        /// Which budgets hold jobs back, in words, and which did not when they were looked at before.
        var budget: String?
        var budgetNews: String?
        /// Models whose price is not known: no budget holds them back.
        var unpriced: Set<String> = []
        /// When the next scheduled job is due.
        var nextDue: Timestamp?
        /// The lease under which jobs were claimed, if the store is shared.
        var lease: Int64?
        /// How many claims there were, if this one took jobs.
        var claims: Int64?
        /// The limits as they were before it, if they were counted in the store.
        var admission: Admission?
        /// Whether it looked for jobs at all.
        var hasSearched = false
        /// The one job that was asked for is no longer waiting.
        var onlyJobIsGone = false

        var bytes: Int { jobs.reduce(0) { $0 + $1.input.utf8.count } }
    }

    func run(_ database: JobDatabase) throws -> Result {
        if !hasToken {
            try database.keepPause(.token, "there is no token: set token_file or $RUNCOMFY_TOKEN")
        }
        var result = Result(pauses: try database.pauses().map(\.reason))
        result.withdrawn = try troubled.filter { try database.ready(id: $0) == nil }
        let isReopened = pause.map { !result.pauses.contains($0) } ?? false
        if !hasToken || result.pauses.contains(.hand) || isReopened { return result }
        result.nextDue = try database.promoteDue(retriesWithin: configuration.retryMax)
        // Of those that share the store, only one tries whether submissions can go on.
        if pause != nil, try !database.isProbing() { return result }
        result.admission = try recount?(database)
        let admission = result.admission ?? admission
        guard admission.room > 0 else { return result }
        // A refreshed schema counts from the next claim on.
        let models = ModelCatalogue(configuration) { try database.storedModel($0)?.document }
        var search = Search(
            claim: self, database: database, models: models, admission: admission,
            room: preparationRoom, result: result)
        try search.run()
        if !search.result.jobs.isEmpty {
            (search.result.claims, search.result.lease) = (try database.countClaim(), database.leaseID)
        }
        try search.keepPause()
        return search.result
    }

    /// Goes through the queue and claims jobs, one after another.
    private struct Search {
        let claim: Claim
        let database: JobDatabase
        let models: ModelCatalogue
        var admission: Admission
        var room: Preparations.Room
        var result: Result
        /// What is passed over in the next look at the queue: jobs with references, if one is not prepared
        /// yet, and jobs of labels whose budget holds one back.
        var excluded = ReadyExclusion()
        /// The budgets that hold jobs back; those of all jobs first.
        var budgets: [BudgetHold] = []
        /// Whether it has looked at each job that may be sent.
        var isWhole = true

        mutating func run() throws {
            result.hasSearched = true
            try admission.readBudgets { [database] in try database.spent($0, by: $1) }
            try look()
        }

        /// One job says nothing of the budgets.
        mutating func keepPause() throws {
            guard claim.choice.only == nil else {
                result.budget = BudgetHold.words(of: budgets)
                return
            }
            (result.budget, result.budgetNews) = try database.keepPause(
                budgets, isWhole: isWhole,
                current: admission.budgets.map { $0.hold(against: nil, at: database.now) })
        }

        private mutating func look() throws {
            let choice = claim.choice
            if let only = choice.only {
                let job = try database.ready(id: only)
                result.onlyJobIsGone = job == nil
                if let job { try consider(job) }
                return
            }
            let limit = admission.room + choice.spared.count + claim.busy.count
            var known = excluded
            var mayBeMore = try considerAll(limit: limit, without: known)
            // What is too dear for a budget must not hide what is cheaper, also under the same label.
            if !budgets.isEmpty {
                known.references = excluded.references
                mayBeMore = try considerAll(limit: limit + Claim.moreForBudgets, without: known)
            }
            // What is passed over may be the first of its model, and must not hide the others.
            while mayBeMore, known != excluded {
                known = excluded
                mayBeMore = try considerAll(limit: limit, without: known)
            }
            guard choice.takesSpared else { return }
            for id in choice.spared where result.jobs.isEmpty {
                if let job = try database.ready(id: id) { try consider(job) }
            }
        }

        /// Considers the first jobs of each model that may be sent, in the order of sending; from the end of
        /// the queue, the last jobs of each model. Returns false if no other job can be claimed.
        private mutating func considerAll(limit: Int, without known: ReadyExclusion) throws -> Bool {
            let (choice, spared) = (claim.choice, Set(claim.choice.spared))
            let models = try database.readyModels()
            let open = models.filter { admission.hold(of: $0) == nil }
            let jobs =
                try open
                .flatMap { model in
                    try database.ready(
                        model: model, limit: limit, fromTheEnd: choice.fromTheEnd, without: known)
                }
                .sorted { ($1.priority, $0.id) < ($0.priority, $1.id) }
            isWhole =
                spared.isEmpty && open.count == models.count && jobs.count < limit && !known.references
            let ordered = (choice.fromTheEnd ? jobs.reversed() : jobs).filter { !spared.contains($0.id) }
            try database.readAheadToSend(ordered.prefix(min(admission.room, Claim.mostReadAhead)))
            for job in ordered {
                guard try consider(job) else {
                    isWhole = false
                    return false
                }
            }
            return jobs.count >= limit
        }

        /// Claims one job, unless something holds it back. Returns false if nothing else can be claimed
        /// either.
        ///
        /// Inputs are read one at a time. The first that does not fit ends the search, so that the next claim
        /// begins with it.
        @discardableResult
        private mutating func consider(_ ready: ReadyJob) throws -> Bool {
            if claim.busy.contains(ready.id) || result.toPrepare.contains(where: { $0.job == ready.id }) {
                (excluded.references, isWhole) = (true, false)
                return true
            }
            if let hold = admission.hold(of: ready.model) {
                isWhole = false
                return !hold.isForAll
            }
            guard let job = try database.find(ready.id) else { return true }
            let links = try database.links(of: job.id).filter {
                try models.takesReference($0.path, job.model)
            }
            let isMadeFromFiles = !links.isEmpty || job.mayNameFiles
            let faults = try models.faults(
                in: job, isUTF8: database.hasReadableInput(job.id), hasReferences: isMadeFromFiles)
            guard faults.isEmpty else { return try refuse(job, faults) }
            let price = try models.price(of: job)
            let underway = claim.bytesUnderway + result.bytes
            if case .budget(let budget, _) = admission.hold(label: job.label, price: price) {
                hold(by: budget, price)
                return true
            }
            if underway > 0, underway + job.input.utf8.count > Claim.mostBytes { return false }
            var resolved: (input: ResolvedInput, sent: SentInput)?
            if isMadeFromFiles {
                switch try resolve(job, links) {
                case .asWritten: break
                case .later: return true
                case .refused(let faults): return try refuse(job, faults)
                case .resolved(let input, let sent):
                    if underway > 0, underway + sent.text.utf8.count > Claim.mostBytes { return false }
                    resolved = (input, sent)
                }
            }
            if price == nil, !admission.budgets.isEmpty { result.unpriced.insert(job.model) }
            try send(job, resolved, price)
            return true
        }

        /// The intent to send a job is recorded.
        private mutating func send(
            _ job: Job, _ resolved: (input: ResolvedInput, sent: SentInput)?, _ price: Double?
        ) throws {
            var sent = try database.record(.submitting(priceUSD: price), for: job)
            if let resolved, let submittedAt = sent.submittedAt {
                try database.resolve(resolved.input.links, at: submittedAt)
                sent = sent.with(input: resolved.sent.text)
                result.files[job.id] = resolved.sent.files
            }
            result.jobs.append(sent)
            admission.admit(job.model, label: job.label, price: price)
        }

        /// A job of this price waits for a budget.
        private mutating func hold(by budget: Budget, _ price: Double?) {
            if let labels = budget.entry, !excluded.labels.contains(labels) { excluded.labels.append(labels) }
            guard !budgets.contains(where: { $0.key == budget.key }) else { return }
            let place = budget.entry == nil ? 0 : budgets.count
            budgets.insert(budget.hold(against: price, at: database.now), at: place)
        }

        private mutating func refuse(_ job: Job, _ faults: [String]) throws -> Bool {
            let event = JobEvent.refused(message: faults.joined(separator: "; "))
            result.refused.append(try database.record(event, for: job).withoutInput)
            return true
        }

        private enum Resolution {
            case resolved(ResolvedInput, SentInput)
            /// No text in the input stands for a file.
            case asWritten
            case refused([String])
            /// It is not known yet.
            case later
        }

        /// What is sent for a job whose input names files.
        private mutating func resolve(_ job: Job, _ links: [Link]) throws -> Resolution {
            guard try database.missing(of: job.id).isEmpty else {
                // Somebody has changed a source with sqlite3.
                try database.countMissing(of: job.id)
                return .later
            }
            let input: JSON
            do throws(JSONError) { input = try JSON(parsing: job.input) } catch {
                return links.isEmpty ? .asWritten : .refused(["the input is malformed JSON: \(error)"])
            }
            let sources = Set(links.map(\.sourceID))
            let outputs = try Dictionary(
                uniqueKeysWithValues: sources.map { ($0, try database.outputs(of: $0)) })
            let takesFiles = { [models] path in try models.takesReference(path, job.model) }
            let resolved = try ResolvedInput(input, links, outputs: outputs, takesFiles: takesFiles)
            if resolved.files.isEmpty, resolved.faults.isEmpty { return .asWritten }
            var faults = try models.faults(in: resolved, of: job)
            if !faults.isEmpty { return .refused(faults) }
            guard let prepared = claim.prepared[job.id], prepared.covers(resolved.files) else {
                try prepare(job, resolved.files, sources)
                return .later
            }
            if let fault = prepared.fault { return .refused([fault.words]) }
            faults = try models.faults(in: resolved, of: job, prepared.contents)
            if !faults.isEmpty { return .refused(faults) }
            var sender = Sender(prepared)
            let final = try ResolvedInput(
                input, links, outputs: outputs, takesFiles: takesFiles, value: { sender.value(of: $0) })
            guard sender.isSigned else {
                // The credentials have gone since: to prepare it once more says so.
                try prepare(job, resolved.files, sources)
                return .later
            }
            let sent = SentInput(final.input.text, files: sender.files)
            if !sent.files.isEmpty, let fault = InlineLimits.fault(ofPost: sent.size) {
                return .refused([fault])
            }
            return .resolved(final, sent)
        }

        /// Collects what is sent for the files of an input.
        private struct Sender {
            private let prepared: Preparations.Result
            /// Those that are sent inside it.
            private(set) var files: [InlineFile] = []
            /// Whether each address that is to be signed could be.
            private(set) var isSigned = true

            init(_ prepared: Preparations.Result) { self.prepared = prepared }

            mutating func value(of file: ResolvedInput.File) -> JSON {
                switch prepared.sent[file.address] {
                case .address(let address): return .string(address)
                case .presigned(let address):
                    do throws(StorageFault) { return .string(try address()) } catch {
                        isSigned = false
                        return .null
                    }
                case .inline(let file):
                    files.append(file)
                    return SentInput.mark
                case nil: return .string(file.address)
                }
            }
        }

        private mutating func prepare(_ job: Job, _ files: [ResolvedInput.File], _ sources: Set<Int64>) throws
        {
            excluded.references = true
            guard room.all > 0 else { return }
            let jobs = try sources.compactMap { try database.find($0)?.withoutInput }
            let preparation = Preparation(
                job: job.id, files: files,
                sources: Dictionary(uniqueKeysWithValues: jobs.map { ($0.id, $0) }))
            if preparation.usesStorage(claim.configuration) {
                guard room.storing > 0 else { return }
                room.storing -= 1
            }
            room.all -= 1
            result.toPrepare.append(preparation)
        }
    }
}
