internal import Configuration
internal import JobModel
internal import Policy
internal import Provider

/// The life of a job from its POST to its last file: an event goes in, and the actions to take come out.
///
/// Nothing here acts, waits or looks at a clock. `JobRun` takes the actions, and hands in what came of them.
struct RemoteJob: Sendable {
    /// Milliseconds of a clock that never jumps.
    typealias Moment = Int64

    enum Event: Sendable {
        /// Its time has come: it was claimed, the agenda says so, or a person asks for it.
        case due
        case submitted(SubmitAnswer)
        case status(StatusAnswer)
        case result(ResultAnswer)
        case cancel(CancelAnswer)
        /// The service does not know the request, for this reason: whether it is lost.
        case judged(isLost: Bool, String, wait: Duration)
        case cost(Double?)
        /// What was decided is written. The outputs come with the first record of them.
        indirect case recorded(Job, [Output])
        /// The request is that of another job, as the store says.
        case requestTaken
        indirect case loaded(Job?, [Output])
        indirect case file(OutputFetch.Fate, of: Output)
        /// Every file that was being fetched has come back.
        case filesTried
        case outputs([Output])
        /// What stands in the way of the sidecar; nil where it is written.
        case sidecar(trouble: String?)
    }

    /// What holds a row is indirect: most actions are small, and lists of them are made for each answer.
    enum Action: Sendable {
        /// Costs money. The intent is on disk.
        case post
        case askStatus, askResult, sendCancel
        case askCost(after: Duration)
        /// Find out whether the request, which the service does not know, is lost.
        case judge(String, wait: Duration)
        case record(JobEvent, outputs: [OutputReference] = [])
        /// An answer that leaves open what was bought is kept.
        case doubt(String, KeptAnswer)
        case report(Report)
        /// The origin that answered has the request.
        case learnOrigin(String)
        /// For the job's history.
        case note(String, output: Int64? = nil)
        case log(Configuration.LogLevel, String)

        case load
        indirect case fetch(Job, [FileTry])
        indirect case recordFile(OutputFetch.Placed)
        /// A bad answer, and the addresses that the service names now.
        indirect case countFailure(of: Output, isLast: Bool, fresh: [String], String)
        indirect case clearFailures(of: Output)
        indirect case removeTemporary(of: Output, Job)
        case loadOutputs
        indirect case writeSidecar(Job, [Output])
        /// All files are here: the last of them, the cost and the end, in one commit.
        indirect case complete(last: OutputFetch.Placed?, cost: Double?, at: Timestamp)
        indirect case recordLostFiles(last: OutputFetch.Placed?, Output, String)

        /// The run ends with one of these.
        case wait(Duration)
        case fetchFiles
        case setAside(String)
        case leave
    }

    /// What an answer says of the service and the account.
    enum Report: Equatable, Sendable {
        // To a POST.
        case taken
        /// About this job alone.
        case settled
        case unreachable(String)
        case doubted(String)
        /// A time is there where the service has too much to do.
        case notTaken(asked: Duration?)

        // To any call.
        case account(Pause.Reason, String)

        // To a look.
        case answered
        /// By the service's own code.
        case unknown
        /// It was answered, but not how the job fares.
        case noWord
        case troubled(asked: Duration?)
        /// It has finished over there, after this long where that is known.
        case finished(took: Duration?)
    }

    /// What `handle` goes by.
    struct Rules: Sendable {
        var now: Moment
        var wall: Timestamp
        /// Where requests are asked for.
        var origin: String
        var retry: RetryPolicy
        var poll: PollPolicy
        /// Between which times most jobs of the model were done.
        var spread: ClosedRange<Duration>?
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
        /// Where; nil where that is not known.
        var origin: String?
        /// When it was accepted, as the database says it, and by a clock that never jumps.
        var since: Timestamp
        var acceptedAt: Moment
    }

    /// How cancelling it goes.
    struct Cancelling: Equatable, Sendable {
        enum Reason: Sendable {
            case wish, deadline
        }

        var isWished = false
        /// When a wished cancel may be sent again, and how often it brought no answer.
        var next = Moment.min
        var failures = 0
        /// Why a cancel was sent that the service has accepted: `/result` is to confirm it.
        var accepted: Reason?
        /// Answers since then that did not confirm it.
        var unconfirmed = 0
    }

    let id: Int64
    let model: String
    /// What it was claimed at, and how often it had been sent before.
    let price: Double?
    let submissions: Int64
    var state: JobState
    var request: Request?
    var cancelling = Cancelling()
    /// What was last recorded of its way: a look that finds the same writes nothing.
    var word: String?
    var queuePosition: Int64?
    /// Calls in a row that brought no answer.
    var faults = 0
    /// It was lost before, and a person has it asked for once more: the next answer decides.
    var isAskedOnceMore = false
    /// The deadline has passed, and the call under way is about that.
    var isExpiring = false
    /// How it ended over there, while its cost is asked for.
    var ending: JobEvent?
    /// What the service said to the POST, until its request is on record.
    var answer: KeptAnswer?
    var files = Files()

    /// Claimed just now.
    init(sending job: Job, failures: Int) {
        id = job.id
        model = job.model
        price = job.priceUSD
        submissions = job.submissions
        state = job.state
        faults = failures
    }

    /// A job of the database. Nil where nothing is to be followed.
    init?(_ job: Job, at moment: Moment, _ wall: Timestamp) {
        guard job.state.isFollowed else { return nil }
        self.init(sending: job, failures: 0)
        guard follow(job, at: moment, wall) else { return nil }
    }

    /// Takes up the request that the database names.
    mutating func follow(_ job: Job, at moment: Moment, _ wall: Timestamp) -> Bool {
        guard let id = job.requestID, let since = job.followedSince else { return false }
        state = job.state
        // The wall clock is read once, here; if it jumps later, nothing is late.
        let acceptedAt = moment - max(.zero, wall - since).wholeMilliseconds
        request = Request(id: id, origin: job.origin, since: since, acceptedAt: acceptedAt)
        isAskedOnceMore = job.remoteStatus == Job.unknownRequest
        cancelling.isWished = job.cancelRequestedAt != nil
        (word, queuePosition, faults) = (job.remoteStatus, job.queuePosition, 0)
        return true
    }

    /// Somebody has steered the job: what is known of its time is kept, as the wall clock may have jumped
    /// meanwhile.
    mutating func keepTime(of known: RemoteJob?) {
        guard let old = known?.request, old.id == request?.id, old.since == request?.since else { return }
        request?.acceptedAt = old.acceptedAt
        cancelling.accepted = known?.cancelling.accepted
        cancelling.unconfirmed = known?.cancelling.unconfirmed ?? 0
        files.costIsDue = known?.files.costIsDue ?? false
    }

    /// Whether its last call brought no answer.
    var isTroubled: Bool { faults > 0 || (cancelling.isWished && cancelling.failures > 0) }

    /// Whether another origin than `origin` has its request: then nothing is asked about it.
    func isElsewhere(_ origin: String) -> Bool { request?.origin.map { $0 != origin } ?? false }

    mutating func handle(_ event: Event, _ rules: Rules) -> [Action] {
        switch event {
        case .due: due(rules)
        case .submitted(let answer): submitted(answer, rules)
        case .requestTaken: doubt("the service answered with the request of another job", answer ?? "")
        case .recorded(let job, let outputs): recorded(job, outputs, rules)
        case .status(let answer): status(answer, rules)
        case .result(let answer): result(answer, rules)
        case .cancel(let answer): cancelled(answer, rules)
        case .judged(let isLost, let reason, let wait): judged(isLost, reason, wait)
        case .cost(let cost): state == .downloading ? complete(cost, rules) : ended(cost, isDue: cost == nil)
        case .loaded(let job, let outputs): loaded(job, outputs, rules)
        case .file(let fate, let output): file(fate, of: output, rules)
        case .filesTried: filesTried(rules)
        case .outputs(let outputs): judge(outputs, rules)
        case .sidecar(let trouble): sidecar(trouble, rules)
        }
    }

    private mutating func due(_ rules: Rules) -> [Action] {
        switch state {
        case .submitting: [.post]
        case .downloading: files.turn == nil ? [.load] : startTurn(rules)
        case .inQueue, .inProgress: look(rules)
        default: [.leave]
        }
    }

    /// What was written counts, whoever has written to the row besides.
    private mutating func recorded(_ job: Job, _ outputs: [Output], _ rules: Rules) -> [Action] {
        let before = state
        state = job.state
        switch (before, job.state) {
        case (.submitting, .inQueue):
            // It was accepted just now, whatever the wall clock says by this time.
            _ = follow(job, at: rules.now, job.followedSince ?? rules.wall)
            answer = nil
            let first = rules.poll.wait(elapsed: .zero, spread: rules.spread, chance: rules.chance)
            let taken = "job \(id) accepted as \(job.requestID ?? "")"
            return [.log(.info, taken), .report(.taken), .wait(first)]
        case (.inQueue, .downloading), (.inProgress, .downloading):
            files.turn = Files.Turn(job: job, outputs: outputs)
            return [.fetchFiles]
        default: return job.state.isFollowed ? [] : [.leave]
        }
    }
}
