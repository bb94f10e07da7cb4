internal import JobModel

/// What is kept in memory of a job that RunComfy has: its input and all else are in the database.
struct Followed: Sendable {
    let id: Int64
    let model: String
    var state: JobState
    var requestID: String
    /// Where it was bought; nil where that is not known.
    var origin: String?
    var cancelWished: Bool
    /// When it was accepted, as the database says it, and by a clock that never jumps.
    let since: Timestamp
    private(set) var acceptedAt: ContinuousClock.Instant
    /// What was last recorded of its way: a look that finds the same writes nothing.
    var word: String?
    var queuePosition: Int64?
    /// When the wished cancel may be sent again, and how often it brought no answer.
    var nextCancel = ContinuousClock.now
    var cancelFailures = 0
    /// Looks in a row that brought no answer.
    var faults = 0
    /// It was lost before, and a person has it asked for once more: the next answer decides.
    var isAskedOnceMore: Bool
    /// Why a cancel was sent that the service has accepted: `/result` is to confirm it.
    var acceptedCancel: CancelReason?
    /// Answers since then that did not confirm it.
    var unconfirmed = 0

    enum CancelReason: Sendable {
        case wish, deadline
    }

    /// Whether its last call brought no answer.
    var isTroubled: Bool { faults > 0 || (cancelWished && cancelFailures > 0) }

    /// A job of the database. Nil where nothing is to be followed.
    init?(_ job: Job, now: Timestamp) {
        guard job.state.isFollowed, let requestID = job.requestID, let since = job.followedSince else {
            return nil
        }
        id = job.id
        model = job.model
        state = job.state
        self.requestID = requestID
        origin = job.origin
        isAskedOnceMore = job.remoteStatus == Job.unknownRequest
        cancelWished = job.cancelRequestedAt != nil
        self.since = since
        // The wall clock is read once, here; if it jumps later, nothing is late.
        acceptedAt = .now - max(.zero, now - since)
        word = job.remoteStatus
        queuePosition = job.queuePosition
    }

    /// Somebody has steered the job: what is known of its time is kept, as the wall clock may have jumped
    /// meanwhile.
    mutating func keepTime(of known: Followed?) {
        guard let known, known.requestID == requestID, known.since == since else { return }
        acceptedAt = known.acceptedAt
        (acceptedCancel, unconfirmed) = (known.acceptedCancel, known.unconfirmed)
    }
}

/// When a job is to be looked at again.
enum NextLook: Sendable {
    case after(Duration)
    /// Nothing more to do: it has ended, waits in the queue again, or waits for a person.
    case never
}
