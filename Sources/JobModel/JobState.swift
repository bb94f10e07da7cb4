/// The state of a job. The words are those of the database, and people read them.
package enum JobState: String, CaseIterable, Sendable {
    /// Set aside: by a person, or because the store went back in time.
    case held
    /// Here, not sent yet.
    case queued
    /// The intent to send is on disk, and the POST is being sent.
    case submitting
    /// The POST may have bought something, and no one can know.
    case uncertain
    /// RunComfy has it.
    case inQueue = "in_queue"
    case inProgress = "in_progress"
    /// Finished at RunComfy; the output URLs are on disk.
    case downloading
    case completed, failed, cancelled

    package var hasEnded: Bool { self == .completed || self == .failed || self == .cancelled }

    /// Whether the job needs a running jobd to get on.
    package var waitsForDaemon: Bool { !hasEnded && self != .held }

    /// RunComfy is working on the job, or has its outputs ready; the request id is on disk.
    package var isFollowed: Bool { self == .inQueue || self == .inProgress || self == .downloading }
}

/// The life of a job: which state an event leads to. `Change` says what else it does.
extension Job {
    /// The state that `event` leads to from the present one; nil if it does not apply there.
    package func state(after event: JobEvent) -> JobState? {
        switch (state, event) {
        case (.queued, .held), (.queued, .setAside): .held
        case (.held, .released): .queued
        case (.held, .cancelRequested), (.queued, .cancelRequested): .cancelled
        case (.held, .cancelledWithSource), (.queued, .cancelledWithSource): .cancelled
        case (.submitting, .cancelRequested), (.inQueue, .cancelRequested), (.inProgress, .cancelRequested):
            state
        case (.failed, .retried(let resubmit)): ifPossible(resubmit ? .queued : stateAfterRetry)
        case (.cancelled, .retried): ifPossible(.queued)
        case (.uncertain, .resolved(.resubmit)): .queued
        case (.uncertain, .resolved(.abandon)): .cancelled
        case (.uncertain, .resolved(.adopt)): .inQueue
        // A job that was only made to follow a request: see `JobDatabase.adopt`.
        case (.held, .resolved(.adopt)): .inQueue

        case (.downloading, .givenUp): .failed
        case (.completed, .refetched), (.downloading, .refetched): .downloading
        case (.failed, .refetched): failureKind == .download ? .downloading : nil

        case (.queued, .submitting): .submitting
        case (.submitting, .accepted): .inQueue
        case (.submitting, .notBought): cancelRequestedAt == nil ? .queued : .cancelled
        case (.queued, .refused), (.submitting, .refused): .failed
        case (.submitting, .unanswered), (.submitting, .daemonRestarted): .uncertain

        case (.inQueue, .observed(let progress)), (.inProgress, .observed(let progress)):
            progress.isRunning ? .inProgress : .inQueue
        case (.inQueue, .succeeded), (.inProgress, .succeeded), (.downloading, .succeeded): .downloading
        case (.inQueue, .cancelledRemotely), (.inProgress, .cancelledRemotely): .cancelled
        case (.inQueue, .failed(let failure, _)), (.inProgress, .failed(let failure, _)):
            // An input is refused before it is bought, and downloads have not started yet.
            failure.kind == .input || failure.kind == .download ? nil : .failed
        case (.downloading, .failed(let failure, _)): failure.kind == .download ? .failed : nil
        case (.downloading, .fetched): .completed
        default: nil
        }
    }

    /// Nil if the job would be sent again, and its input is not here any more.
    private func ifPossible(_ next: JobState) -> JobState? {
        next == .queued && inputRemovedAt != nil ? nil : next
    }

    private var stateAfterRetry: JobState {
        guard let failureKind, failureKind.retryKeepsRequest else { return .queued }
        return failureKind == .download ? .downloading : .inProgress
    }
}
