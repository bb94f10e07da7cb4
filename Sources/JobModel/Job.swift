/// One job, as its row in the database says.
package struct Job: Equatable, Sendable {
    package enum Validation: String, CaseIterable, Sendable {
        case pending, passed, waived
    }

    package let id: Int64
    package var state: JobState
    package let model: String
    /// The JSON object to send, as its writer wrote it.
    package private(set) var input: String
    package var priority: Int64 = 0
    package var label: String?
    package var key: String?
    package var notBefore: Timestamp?
    package var validation = Validation.pending
    package var requestID: String?
    package var remoteStatus: String?
    package var queuePosition: Int64?
    package var submissions: Int64 = 0
    package var cancelRequestedAt: Timestamp?
    package var failureKind: FailureKind?
    package var message: String?
    package var priceUSD: Double?
    package var costUSD: Double?
    package let createdAt: Timestamp
    package var submittedAt: Timestamp?
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?
    package var endedAt: Timestamp?
    package var nextTryAt: Timestamp?
    package var followedSince: Timestamp?
    /// When the input was pruned: what stands in its place is not sent.
    package var inputRemovedAt: Timestamp?
    /// Where the request was bought: scheme, host and port. Nil where that is not known.
    package var origin: String?

    /// The service's last word about a request that is lost: it does not know it.
    package static let unknownRequest = "not_found"

    package init(id: Int64, state: JobState, model: String, input: String, createdAt: Timestamp) {
        self.id = id
        self.state = state
        self.model = model
        self.input = input
        self.createdAt = createdAt
    }

    /// The same job without what may be megabytes of it.
    package var withoutInput: Job {
        var job = self
        job.input = "{}"
        return job
    }
}
