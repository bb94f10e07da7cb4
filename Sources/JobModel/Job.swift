/// One job: a row of `jobs`.
package struct Job: Equatable, Sendable {
    package enum Validation: String, CaseIterable, Sendable {
        case pending, passed, waived
    }

    package let id: Int64
    package var state: JobState
    package let model: String
    /// The JSON object to send, exactly as it was written.
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
    /// When the input was pruned. What replaced it is never sent.
    package var inputRemovedAt: Timestamp?
    /// Where the request was bought: scheme, host and port. Nil if unknown.
    package var origin: String?
    /// How many references in its input have no output yet. The job is not sent before it is 0.
    package var waitsFor: Int64 = 0

    /// The `remote_status` of a lost request: the service does not know it.
    package static let unknownRequest = "not_found"

    package init(id: Int64, state: JobState, model: String, input: String, createdAt: Timestamp) {
        self.id = id
        self.state = state
        self.model = model
        self.input = input
        self.createdAt = createdAt
    }

    /// The same job with another input: the one that is sent for it.
    package func with(input: String) -> Job {
        var job = self
        job.input = input
        return job
    }

    /// The same job without its input, which may have megabytes.
    package var withoutInput: Job { with(input: "{}") }
}

/// The id of a request at RunComfy.
package enum RequestID {
    /// Whether the id may become part of a URL's path: at most 128 letters, digits, `-` and `_`.
    package static func isUsable(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
