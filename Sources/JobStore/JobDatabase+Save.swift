internal import JobModel
internal import SQLite

extension JobDatabase {
    /// The guarded write: it names the state that it leaves.
    ///
    /// Each job passes through five events. Their statements name what they can change and no more: SQLite
    /// checks what is named, writes its indexes anew, and takes twice the time for all columns. A test holds
    /// each event's row against the job.
    func save(_ job: Job, after event: JobEvent, leaving state: JobState) throws {
        let changed =
            switch event {
            case .submitting: try saveSubmitting(job, state)
            case .accepted: try saveAccepted(job, state)
            case .observed: try saveObserved(job, state)
            case .succeeded: try saveSucceeded(job, state)
            case .fetched: try saveFetched(job, state)
            default: try saveAll(job, state)
            }
        if changed != 1 { throw StaleJob(id: job.id, expected: state, found: nil) }
    }

    private func saveSubmitting(_ job: Job, _ state: JobState) throws -> Int {
        try connection.run(
            """
            UPDATE jobs SET state = ?3, validation = ?4, error_message = ?5, price_usd = ?6, submitted_at = ?7
            WHERE id = ?1 AND state = ?2
            """,
            job.id, state.rawValue, job.state.rawValue, job.validation.rawValue, job.message, job.priceUSD,
            job.submittedAt)
    }

    private func saveAccepted(_ job: Job, _ state: JobState) throws -> Int {
        try connection.run(
            """
            UPDATE jobs SET
                state = ?3, request_id = ?4, submissions = ?5, error_message = ?6, next_try_at = ?7, followed_since = ?8,
                origin = ?9
            WHERE id = ?1 AND state = ?2
            """,
            job.id, state.rawValue, job.state.rawValue, job.requestID, job.submissions, job.message,
            job.nextTryAt, job.followedSince, job.origin)
    }

    private func saveObserved(_ job: Job, _ state: JobState) throws -> Int {
        try connection.run(
            """
            UPDATE jobs SET state = ?3, remote_status = ?4, queue_position = ?5, started_at = ?6
            WHERE id = ?1 AND state = ?2
            """,
            job.id, state.rawValue, job.state.rawValue, job.remoteStatus, job.queuePosition, job.startedAt)
    }

    private func saveSucceeded(_ job: Job, _ state: JobState) throws -> Int {
        try connection.run(
            """
            UPDATE jobs SET
                state = ?3, remote_status = ?4, queue_position = ?5, error_message = ?6, cost_usd = ?7, finished_at = ?8
            WHERE id = ?1 AND state = ?2
            """,
            job.id, state.rawValue, job.state.rawValue, job.remoteStatus, job.queuePosition, job.message,
            job.costUSD, job.finishedAt)
    }

    private func saveFetched(_ job: Job, _ state: JobState) throws -> Int {
        try connection.run(
            """
            UPDATE jobs SET state = ?3, error_message = ?4, ended_at = ?5, next_try_at = ?6
            WHERE id = ?1 AND state = ?2
            """,
            job.id, state.rawValue, job.state.rawValue, job.message, job.endedAt, job.nextTryAt)
    }

    private func saveAll(_ job: Job, _ state: JobState) throws -> Int {
        try connection.run(
            """
            UPDATE jobs SET
                state = ?3, validation = ?4, request_id = ?5, remote_status = ?6, queue_position = ?7,
                submissions = ?8, cancel_requested_at = ?9, error_kind = ?10, error_message = ?11, price_usd = ?12,
                cost_usd = ?13, submitted_at = ?14, started_at = ?15, finished_at = ?16, ended_at = ?17,
                next_try_at = ?18, followed_since = ?19, origin = ?20
            WHERE id = ?1 AND state = ?2
            """,
            job.id, state.rawValue, job.state.rawValue, job.validation.rawValue, job.requestID,
            job.remoteStatus,
            job.queuePosition, job.submissions, job.cancelRequestedAt, job.failureKind?.rawValue, job.message,
            job.priceUSD, job.costUSD, job.submittedAt, job.startedAt, job.finishedAt, job.endedAt,
            job.nextTryAt,
            job.followedSince, job.origin)
    }
}
