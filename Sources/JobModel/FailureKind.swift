/// Which side a job failed on, and so what a retry of it means.
package enum FailureKind: String, CaseIterable, Sendable {
    /// Refused by the service, or by the schema when the job came by SQL.
    case input
    /// Failed at RunComfy.
    case remote
    /// The service itself says that it does not know the request.
    case lost
    /// Finished without a usable output.
    case output
    /// An output could not be fetched.
    case download
    /// Still unfinished at the end of its time.
    case deadline

    /// Whether a retry can continue from the request that was paid for.
    package var retryKeepsRequest: Bool { self != .input && self != .remote }
}

/// Why a job failed, in a word and in a sentence.
package struct JobFailure: Equatable, Sendable {
    package var kind: FailureKind
    package var message: String

    package init(_ kind: FailureKind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
