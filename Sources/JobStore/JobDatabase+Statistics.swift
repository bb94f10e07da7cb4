package import JobModel
internal import SQL

extension JobDatabase {
    /// How the jobs ended that did so since `filter.since`, and what was spent since; its states are ignored.
    /// A charge counts for the label that its job had when it was sent.
    ///
    /// - Parameters:
    ///   - end: only what happened before; nil for all.
    ///   - day: the name of the day of a moment.
    package func statistics(
        _ filter: JobFilter, before end: Timestamp? = nil, day: @escaping (Timestamp) -> String
    ) throws -> Statistics {
        var tally = Tally(day: day)
        // Texts before and after every time.
        let (since, end) = (filter.since?.description ?? "", end?.description ?? "~")
        try snapshot {
            try connection.forEach(
                """
                SELECT model, label, error_kind, state, created_at, submitted_at, started_at,
                    finished_at, ended_at
                FROM jobs INDEXED BY jobs_ended
                WHERE ended_at IS NOT NULL AND ended_at >= ?1 AND ended_at < ?4
                    AND (?2 IS NULL OR glob(?2, model)) AND (?3 IS NULL OR label = ?3)
                """, since, filter.modelPattern, filter.label, end
            ) { row in
                let job = EndedRow(row)
                tally.add(row, at: job.ended) { job.count(in: &$0) }
                return true
            }
            try connection.forEach(
                """
                SELECT charges.model, charges.label, error_kind, charges.at, estimated_usd, reported_usd
                FROM charges LEFT JOIN jobs ON jobs.id = charges.job_id
                WHERE charges.at >= ?1 AND charges.at < ?4 AND (?2 IS NULL OR glob(?2, charges.model))
                    AND (?3 IS NULL OR charges.label = ?3)
                """, since, filter.modelPattern, filter.label, end
            ) { row in
                let charge = ChargeRow(estimated: row.optionalReal(4), reported: row.optionalReal(5))
                tally.add(row, at: row.timestamp(3)?.milliseconds) { charge.count(in: &$0) }
                return true
            }
        }
        return tally.statistics
    }
}

/// What is counted of a job that ended.
private struct EndedRow {
    let state: JobState?
    let created, submitted, started, finished, ended: Int64?

    init(_ row: borrowing Row) {
        state = JobState(rawValue: row.text(3))
        created = row.timestamp(4)?.milliseconds
        submitted = row.timestamp(5)?.milliseconds
        started = row.timestamp(6)?.milliseconds
        finished = row.timestamp(7)?.milliseconds
        ended = row.timestamp(8)?.milliseconds
    }

    func count(in group: inout Statistics.Group) {
        group.jobs += 1
        switch state {
        case .completed: group.completed += 1
        case .failed: group.failed += 1
        default: group.cancelled += 1
        }
        group.waited.add(from: created, to: submitted)
        group.queued.add(from: submitted, to: started)
        group.ran.add(from: started, to: finished)
        group.fetched.add(from: finished, to: ended)
    }
}

/// A purchase. What RunComfy reported counts before the estimate.
private struct ChargeRow {
    let estimated, reported: Double?

    func count(in group: inout Statistics.Group) {
        if let reported {
            group.reportedUSD += reported
        } else if let estimated {
            group.estimatedUSD += estimated
        } else {
            group.unpriced += 1
        }
    }
}

/// Counts rows in the groups to which they belong. They come in the order of time, so most have the last
/// one's day.
private struct Tally {
    let day: (Timestamp) -> String
    var statistics = Statistics()
    private var quarter: Int64?
    private var dayIndex = 0

    init(day: @escaping (Timestamp) -> String) { self.day = day }

    /// - Parameter row: begins with the model, the label and the kind of failure.
    mutating func add(_ row: borrowing Row, at moment: Int64?, _ count: (inout Statistics.Group) -> Void) {
        let (model, label) = (
            statistics.models.index(of: row.text(0)), statistics.labels.index(of: row.text(1))
        )
        count(&statistics.models.groups[model])
        count(&statistics.labels.groups[label])
        if !row.isNull(2) {
            let failure = statistics.failures.index(of: row.text(2))
            count(&statistics.failures.groups[failure])
        }
        guard let moment else { return }
        // All time zones differ from UTC by whole quarters of an hour.
        if quarter != moment / 900_000 {
            quarter = moment / 900_000
            dayIndex = statistics.days.index(of: day(Timestamp(milliseconds: moment)))
        }
        count(&statistics.days.groups[dayIndex])
    }
}
