internal import JobModel
internal import JobStore

/// What the store said at one moment, as far as a live picture shows it.
struct WatchSnapshot {
    /// The unfinished jobs in one state: those within reach, and how many there are.
    struct Group: Equatable {
        let state: JobState
        let ids: [Int64]
        let count: Int64
        /// How many more there are at which a filter has not looked.
        var unseen: Int64 = 0
    }

    struct End: Equatable {
        let id: Int64
        let state: JobState
    }

    /// What comes first is on its way; what waits comes last.
    static let order: [JobState] = [
        .downloading, .inProgress, .inQueue, .submitting, .uncertain, .queued, .held,
    ]

    var now: Timestamp
    var place: String
    /// jobd's process; nil where none runs.
    var daemon: Int32?
    var pauses: [Pause] = []
    /// In the order in which they are shown.
    var groups: [Group] = []
    /// Newest first.
    var ends: [End] = []
    /// Of the last hour, or of the jobs that were chosen.
    var endedCounts: [JobState: Int64] = [:]
    /// More have ended in the last hour than were counted.
    var endedIsCut = false
    var rates = WatchRates()
    /// How long the last jobs of a model took over there, half of them at most.
    var expected: [String: Duration] = [:]
    /// Only some jobs are meant.
    var isNarrowed = false

    func count(_ state: JobState) -> Int64 {
        state.hasEnded ? endedCounts[state] ?? 0 : groups.first { $0.state == state }?.count ?? 0
    }

    func expected(_ job: Job) -> Duration? { expected[job.model] }
}

/// What went on in the last minute.
struct WatchRates: Equatable {
    var completed: Double = 0
    var sent: Double = 0
    var bytesASecond: Int64 = 0
}

/// What is known of a job that is on the screen.
struct WatchFacts {
    let job: Job
    let prompt: String?
    /// Of a job that is being downloaded.
    let outputs: [Output]
}
