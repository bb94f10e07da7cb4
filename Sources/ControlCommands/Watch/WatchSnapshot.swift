internal import JobModel
internal import JobStore

/// What the store says at one moment, as far as the live view shows it.
struct WatchSnapshot {
    /// The unfinished jobs in one state: the first of them, and how many there are.
    struct Group: Equatable {
        let state: JobState
        let ids: [Int64]
        let count: Int64
        /// How many more the filter did not search.
        var unseen: Int64 = 0
    }

    struct End: Equatable {
        let id: Int64
        let state: JobState
    }

    /// The states that are shown first come first.
    static let order: [JobState] = [
        .downloading, .inProgress, .inQueue, .submitting, .uncertain, .queued, .held,
    ]

    var now: Timestamp
    /// The state directory.
    var directory: String
    /// Whether jobd runs, and what needs attention.
    var facts = Attention.Facts()
    var groups: [Group] = []
    /// Newest first.
    var ends: [End] = []
    /// Of the last hour, or of the selected jobs.
    var endedCounts: [JobState: Int64] = [:]
    /// Whether more jobs have ended than were counted.
    var endedIsCut = false
    var rates = WatchRates()
    /// The median time of the last jobs of each model at RunComfy.
    var expected: [String: Duration] = [:]
    /// Whether only some of the jobs are shown.
    var isNarrowed = false

    func count(_ state: JobState) -> Int64 {
        state.hasEnded ? endedCounts[state] ?? 0 : groups.first { $0.state == state }?.count ?? 0
    }

    func expected(_ job: Job) -> Duration? { expected[job.model] }
}

/// Rates of the last minute.
struct WatchRates: Equatable {
    var completed: Double = 0
    var sent: Double = 0
    var bytesASecond: Int64 = 0
}

/// What is shown of a job on the screen.
struct WatchFacts {
    let job: Job
    let prompt: String?
    /// Empty unless the job is downloading.
    let outputs: [Output]
    /// What a queued job waits for.
    var wait: SourceWait?
}
