/// Something that happened to a job. `Change` says what it does to the job.
package enum JobEvent: Equatable, Sendable {
    // From people.
    case held
    /// The store went back in time: the job may have been sent since.
    case setAside(reason: String)
    case released
    case cancelRequested
    /// What it waits for will not be made: its source was cancelled, or made less.
    case cancelledWithSource(reason: String)
    case retried(resubmit: Bool)
    case resolved(Resolution)
    /// The outputs that are still missing of a finished job are not wanted any more.
    case givenUp
    /// Files on disk are missing or damaged: they are fetched again, from the request that was paid for.
    case refetched

    // From jobd, about sending it.
    /// The intent to send, written before the POST is sent.
    case submitting(priceUSD: Double?)
    /// RunComfy has accepted it, at `origin`.
    case accepted(requestID: String, origin: String? = nil)
    /// Certainly not bought; it will be tried again.
    case notBought(reason: String, tryAgainAt: Timestamp?)
    /// Certainly not bought, and trying again is useless.
    case refused(message: String)
    /// No one can know whether it was bought.
    case unanswered(reason: String)
    /// jobd starts, and finds the job where the last jobd left it.
    case daemonRestarted

    // From jobd, about following it.
    case observed(RemoteProgress)
    case succeeded(finishedAt: Timestamp?, costUSD: Double?)
    /// Without a cost it was free, unless the cost is still due.
    case cancelledRemotely(costUSD: Double? = nil, costIsDue: Bool = false)
    case failed(JobFailure, costUSD: Double? = nil)
    case fetched

    package enum Resolution: Equatable, Sendable {
        case resubmit
        case abandon
        case adopt(requestID: String)
    }

    /// What RunComfy last said about an unfinished job.
    package struct RemoteProgress: Equatable, Sendable {
        package var isRunning: Bool
        package var word: String
        package var queuePosition: Int64?

        package init(isRunning: Bool, word: String, queuePosition: Int64? = nil) {
            self.isRunning = isRunning
            self.word = word
            self.queuePosition = queuePosition
        }
    }
}

/// The words of `events.kind`.
package enum EventKind: String, CaseIterable, Sendable {
    case enqueued, held, released, changed, submitting, accepted, refused, uncertain, resolved, status, fault
    case cancelRequested = "cancel_requested"
    case output, ended, retried
}
