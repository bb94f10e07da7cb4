internal import Configuration
internal import HTTP
internal import JobModel
internal import Policy
internal import Provider

/// The life of a job from its POST to its last file: an event goes in, and the actions to take come out.
///
/// Nothing here acts, waits or reads a clock. `JobRun` performs the actions and hands in their results as
/// events.
struct RemoteJob: Sendable {
    enum Event: Sendable {
        /// It was claimed, it is due on the agenda, or a person has changed it.
        case due
        case submitted(SubmitAnswer)
        /// With what recognizes the answer, if the next one is to be compared with it.
        case status(StatusAnswer, AnswerDigest? = nil)
        /// The answer to a look is the same as the last one.
        case sameStatus
        case result(ResultAnswer)
        case cancel(CancelAnswer)
        /// Whether a request that the service does not know is lost, and the service's words.
        case lossDecided(isLost: Bool, String, wait: Duration)
        case cost(Double?)
        /// A change is in the store. The outputs come only with the change that adds them.
        indirect case recorded(Job, [Output])
        /// The store refused the request's id, because another job has it.
        case requestIsAnothers
        indirect case loaded(Job?, [Output])
        indirect case file(OutputFetch.Outcome, of: Output)
        /// All tries of this round are over.
        case filesTried
        case outputs([Output])
        /// Why the sidecar could not be written; nil if it is there.
        case sidecar(trouble: String?)
    }

    /// Cases that hold a row are indirect: most actions are small, and each answer makes a list of them.
    enum Action: Sendable {
        /// Costs money. `submitting` is on disk.
        case post
        case askStatus, askResult, sendCancel
        case askCost(after: Duration)
        /// The service does not know the request: find out whether it is lost.
        case askWhetherLost(String, wait: Duration)
        case record(JobEvent, outputs: [OutputReference] = [])
        /// Record `uncertain`, with the answer that leaves open what was bought.
        case recordUncertain(String, KeptAnswer)
        case reportPost(PostReport)
        case reportLook(LookReport)
        /// Record that this origin has the request.
        case learnOrigin(String)
        /// Record trouble in the job's history.
        case note(String, output: Int64? = nil)
        case log(Configuration.LogLevel, String)

        case load
        indirect case fetch(Job, [FileTry])
        indirect case recordFile(OutputFetch.Fetched)
        /// Record a bad answer, and the addresses that the service names now.
        indirect case countFailure(of: Output, isLast: Bool, fresh: [String], String)
        indirect case clearFailures(of: Output)
        indirect case removeTemporary(of: Output, Job)
        case loadOutputs
        indirect case writeSidecar(Job, [Output])
        /// Record the last file, the cost and the end in one commit.
        indirect case complete(last: OutputFetch.Fetched?, cost: Double?, at: Timestamp)
        indirect case recordLostFiles(last: OutputFetch.Fetched?, Output, String)

        // How the run ends. The last one counts.
        case wait(Duration)
        case fetchFiles
        case setAside(String)
        case leave
    }

    /// What the answer to a POST says about the service and the account.
    enum PostReport: Equatable, Sendable {
        case accepted
        /// The answer concerns this job alone.
        case refused
        case unreachable(String)
        case uncertain(String)
        /// Not bought, to be tried again. A busy service names a time.
        case notBought(asked: Duration?)
        case account(Pause.Reason, String)
    }

    /// What the answer to a look says about the service and the account.
    enum LookReport: Equatable, Sendable {
        case answered
        /// The service does not know the request, by its own code.
        case unknown
        /// The service answered, but said nothing about the job's state.
        case noWord
        case account(Pause.Reason, String)
        case troubled(asked: Duration?)
        /// The request has succeeded, after about this time if known.
        case finished(took: Duration?)
    }

    /// What the decisions depend on, besides the job and the event.
    struct Rules: Sendable {
        var now: Moment
        var wall: Timestamp
        /// The origin of the present `api_url`.
        var origin: String
        var retry: RetryPolicy
        var poll: PollPolicy
        /// How long the last jobs of the model took, if any is known.
        var times: RunTimes?
        var deadline: Duration
        var patience: FetchPace.Patience
        var writesSidecar: Bool
        /// Drawn from 0..<1.
        var chance: Double

        func delay(after failures: Int, asked: Duration? = nil) -> Duration {
            retry.delay(after: failures, chance: chance, asked: asked)
        }
    }

    /// What was bought.
    struct Request: Equatable, Sendable {
        var id: String
        /// Where it was bought, if known.
        var origin: String?
        /// When it was accepted: in the database, and by a clock that never jumps.
        var since: Timestamp
        var acceptedAt: Moment
        /// When it was accepted, or a look found it unfinished; nil if that was before jobd started.
        var seenUnfinishedAt: Moment?

        /// How long it took if a look has just found it done: the end may be anywhere since the look before.
        func mayHaveTaken(by now: Moment) -> Duration? {
            seenUnfinishedAt.map { .milliseconds(($0 + now) / 2 - acceptedAt) }
        }
    }

    /// How far a cancel has come.
    struct Cancelling: Equatable, Sendable {
        enum Reason: Sendable {
            case wish, deadline
        }

        var isWished = false
        /// When a person's cancel may be sent again, and how often it was sent.
        var next = Moment.min
        var failures = 0
        /// Why the cancel was sent that the service has accepted. `/result` must confirm it.
        var accepted: Reason?
        /// How many answers since then have not confirmed it.
        var unconfirmed = 0
        /// The deadline has passed, and the call under way is the cancel for it, or the look after that.
        var isExpiring = false
    }

    let id: Int64
    var model: String
    /// The estimate.
    let price: Double?
    /// How often it had been sent before.
    let submissions: Int64
    var state: JobState
    var request: Request?
    var cancelling = Cancelling()
    /// The service's status as last recorded: a look that finds the same writes nothing.
    var word: String?
    var queuePosition: Int64?
    /// The last answer to a look, if it said no more than `word` and `queuePosition`.
    var lastAnswer: AnswerDigest?
    /// Calls in a row that brought no answer.
    var faults = 0
    /// It was lost, and a person wants it asked for again: the next answer decides.
    var isAskedOnceMore = false
    /// How it ended at RunComfy, while its cost is asked for.
    var ending: JobEvent?
    /// The raw answer to the POST, until its request is recorded.
    var answer: KeptAnswer?
    var files = Files()

    /// A job that was claimed just now.
    init(sending job: Job, failures: Int) {
        id = job.id
        model = job.model
        price = job.priceUSD
        submissions = job.submissions
        state = job.state
        faults = failures
    }

    /// A job as the database has it; nil if it is not to be followed.
    init?(_ job: Job, at moment: Moment, _ wall: Timestamp) {
        guard job.state.isFollowed else { return nil }
        self.init(sending: job, failures: 0)
        guard follow(job, at: moment, wall) else { return nil }
    }

    /// Takes over what the row says about the request.
    mutating func follow(_ job: Job, at moment: Moment, _ wall: Timestamp) -> Bool {
        guard let id = job.requestID, let since = job.followedSince else { return false }
        state = job.state
        // The wall clock counts only here, so that nothing is late if it jumps later.
        let acceptedAt = moment - max(.zero, wall - since).wholeMilliseconds
        request = Request(id: id, origin: job.origin, since: since, acceptedAt: acceptedAt)
        isAskedOnceMore = job.remoteStatus == Job.unknownRequest
        cancelling.isWished = job.cancelRequestedAt != nil
        (word, queuePosition, faults) = (job.remoteStatus, job.queuePosition, 0)
        return true
    }

    /// The row was read again: keeps what it does not say of the request, and the time of acceptance, since
    /// the wall clock may have jumped. The pace of the files starts again.
    mutating func carryOver(from known: RemoteJob?) {
        guard let old = known?.request, old.id == request?.id, old.since == request?.since else { return }
        request?.acceptedAt = old.acceptedAt
        request?.seenUnfinishedAt = old.seenUnfinishedAt
        cancelling.accepted = known?.cancelling.accepted
        cancelling.unconfirmed = known?.cancelling.unconfirmed ?? 0
        files.costIsDue = known?.files.costIsDue ?? false
    }

    /// Whether its last call brought no answer.
    var isTroubled: Bool { faults > 0 || (cancelling.isWished && cancelling.failures > 0) }

    /// Whether its request was bought at another origin than `origin`: then jobd must not ask about it.
    func isElsewhere(_ origin: String) -> Bool { request?.origin.map { $0 != origin } ?? false }

    mutating func handle(_ event: Event, _ rules: Rules) -> [Action] {
        switch event {
        case .due: due(rules)
        case .submitted(let answer): submitted(answer, rules)
        case .requestIsAnothers: uncertain("the service answered with another job's request", answer ?? "")
        case .recorded(let job, let outputs): recorded(job, outputs, rules)
        case .status(let answer, let digest): status(answer, digest, rules)
        case .sameStatus: status(lastStatus, lastAnswer, rules)
        case .result(let answer): result(answer, rules)
        case .cancel(let answer): cancelAnswered(answer, rules)
        case .lossDecided(let isLost, let reason, let wait): lossDecided(isLost, reason, wait)
        case .cost(let cost) where state == .downloading: complete(cost, rules)
        case .cost(let cost): recordEnd(cost, isDue: cost == nil)
        case .loaded(let job, let outputs): loaded(job, outputs, rules)
        case .file(let fate, let output): file(fate, of: output, rules)
        case .filesTried: filesTried(rules)
        case .outputs(let outputs): decideEnd(outputs, rules)
        case .sidecar(let trouble): sidecar(trouble, rules)
        }
    }

    private mutating func due(_ rules: Rules) -> [Action] {
        switch state {
        case .submitting: [.post]
        case .downloading: startRound(rules)
        case .inQueue, .inProgress: look(rules)
        default: [.leave]
        }
    }

    /// The row counts, whoever else has written to it.
    private mutating func recorded(_ job: Job, _ outputs: [Output], _ rules: Rules) -> [Action] {
        let before = state
        state = job.state
        switch (before, job.state) {
        case (.submitting, .inQueue):
            // It was accepted just now, whatever the wall clock says.
            _ = follow(job, at: rules.now, job.followedSince ?? rules.wall)
            request?.seenUnfinishedAt = rules.now
            answer = nil
            let first = rules.poll.first(times: rules.times, chance: rules.chance)
            let words = "job \(id) accepted as \(job.requestID ?? "")"
            return [.log(.info, words), .reportPost(.accepted), .wait(first)]
        case (.inQueue, .downloading), (.inProgress, .downloading):
            files.round = Files.Round(job: job, outputs: outputs)
            return [.fetchFiles]
        default: return job.state.isFollowed ? [] : [.leave]
        }
    }
}
