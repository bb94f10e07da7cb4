/// The life of a job: which state follows on an event. What else the event means is said by `Change`.
extension Job {
    /// The state that `event` leads to from the present one; nil where the event has no place there.
    package func state(after event: JobEvent) -> JobState? {
        switch (state, event) {
        case (.queued, .held): .held
        case (.held, .released): .queued
        case (.held, .cancelRequested), (.queued, .cancelRequested): .cancelled
        case (.submitting, .cancelRequested), (.inQueue, .cancelRequested), (.inProgress, .cancelRequested):
            state
        case (.failed, .retried(let resubmit)): resubmit ? .queued : stateAfterRetry
        case (.cancelled, .retried): .queued
        case (.uncertain, .resolved(.resubmit)): .queued
        case (.uncertain, .resolved(.abandon)): .cancelled
        case (.uncertain, .resolved(.adopt)): .inQueue

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
            // An input was refused before it was bought, and a download is not under way yet.
            failure.kind == .input || failure.kind == .download ? nil : .failed
        case (.downloading, .failed(let failure, _)): failure.kind == .download ? .failed : nil
        case (.downloading, .fetched): .completed
        default: nil
        }
    }

    private var stateAfterRetry: JobState {
        guard let failureKind, failureKind.retryKeepsRequest else { return .queued }
        return failureKind == .download ? .downloading : .inProgress
    }
}
