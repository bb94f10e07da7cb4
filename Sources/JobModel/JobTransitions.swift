/// The life of a job: what an event makes of it. Nothing here acts, waits or looks at a clock.
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

    /// Makes of the job what `event` makes of it. Answers false, and changes nothing, where the event has no
    /// place.
    package mutating func apply(_ event: JobEvent, at now: Timestamp) -> Bool {
        guard let next = state(after: event) else { return false }
        let previous = state
        state = next
        switch event {
        case .submitting(let price):
            priceUSD = price
            validation = validation == .waived ? .waived : .passed
            submittedAt = now
            message = nil
        case .accepted(let id, let origin):
            submissions += 1
            follow(id, at: origin, from: now)
        case .unanswered(let reason): doubt(reason)
        case .daemonRestarted: doubt("jobd ended while the request was on the wire")
        case .notBought(let reason, let tryAgainAt):
            message = reason
            submittedAt = nil
            nextTryAt = tryAgainAt
        case .refused(let reason): (failureKind, message) = (.input, reason)
        case .failed(let failure, let cost):
            (failureKind, message) = (failure.kind, failure.message)
            if failure.kind == .remote { remoteStatus = "failed" }
            if failure.kind == .lost { remoteStatus = Self.unknownRequest }
            queuePosition = nil
            costUSD = cost ?? costUSD
        case .givenUp: (failureKind, message) = (.download, "given up by a person before all files were here")
        case .cancelRequested: cancelRequestedAt = cancelRequestedAt ?? now
        case .retried, .refetched: restart(at: now)
        // Where a person found it is not said: the first good answer tells.
        case .resolved(.adopt(let id)): follow(id, at: nil, from: now)
        case .resolved(.resubmit): forgetRequest()
        case .observed(let progress):
            remoteStatus = progress.word
            queuePosition = progress.queuePosition
            if progress.isRunning { startedAt = startedAt ?? now }
        case .succeeded(let finished, let cost):
            finishedAt = finished ?? finishedAt ?? now
            costUSD = cost ?? costUSD
            (remoteStatus, queuePosition, message) = ("succeeded", nil, nil)
        case .cancelledRemotely(let cost, _):
            costUSD = cost ?? costUSD
            (remoteStatus, queuePosition, message) = ("cancelled", nil, nil)
        case .fetched: message = nil
        case .held, .released, .resolved(.abandon): break
        }
        if state.hasEnded && !previous.hasEnded {
            endedAt = now
            nextTryAt = nil
        }
        return true
    }

    private mutating func doubt(_ reason: String) {
        submissions += 1
        message = reason
        nextTryAt = nil
    }

    private mutating func follow(_ id: String, at origin: String?, from now: Timestamp) {
        (requestID, self.origin) = (id, origin)
        followedSince = now
        (message, nextTryAt) = (nil, nil)
    }

    /// A job that ended lives again: on its old request with a new period, or on none.
    private mutating func restart(at now: Timestamp) {
        (failureKind, message, endedAt, cancelRequestedAt) = (nil, nil, nil, nil)
        if state == .queued { forgetRequest() } else { followedSince = now }
    }

    private mutating func forgetRequest() {
        (requestID, origin, followedSince, remoteStatus, queuePosition) = (nil, nil, nil, nil, nil)
        (submittedAt, startedAt, finishedAt, costUSD, message) = (nil, nil, nil, nil, nil)
        cancelRequestedAt = nil
        nextTryAt = notBefore
    }
}
