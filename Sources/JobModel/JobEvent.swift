/// Something that happened to a job. What it makes of the job is said by `Change`.
package enum JobEvent: Equatable, Sendable {
    // From people.
    case held
    case released
    case cancelRequested
    case retried(resubmit: Bool)
    case resolved(Resolution)
    /// What has not come of a job that has finished over there is not wanted any more.
    case givenUp
    /// Files that were on disk are gone or damaged: they are fetched once more, from the request that was
    /// paid for.
    case refetched

    // From jobd, about sending it.
    /// The intent to send, written before the POST leaves.
    case submitting(priceUSD: Double?)
    /// RunComfy has taken it, at `origin`.
    case accepted(requestID: String, origin: String? = nil)
    /// Certainly not bought; to be tried again.
    case notBought(reason: String, tryAgainAt: Timestamp?)
    /// Certainly not bought, and no use to try again.
    case refused(message: String)
    /// Nobody can know whether it was bought.
    case unanswered(reason: String)
    /// jobd starts and finds the job as it was left.
    case daemonRestarted

    // From jobd, about following it.
    case observed(RemoteProgress)
    case succeeded(finishedAt: Timestamp?, costUSD: Double?)
    /// A cost that is not told is none: a cancel that is accepted is free.
    case cancelledRemotely(costUSD: Double? = nil, costIsDue: Bool = false)
    case failed(JobFailure, costUSD: Double? = nil)
    case fetched

    package enum Resolution: Equatable, Sendable {
        case resubmit
        case abandon
        case adopt(requestID: String)
    }

    /// What RunComfy last said of a job that it has not finished.
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
