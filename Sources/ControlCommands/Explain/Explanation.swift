internal import JSON
internal import JobModel

/// Why a job is in its state: one sentence, and what can be done.
struct Explanation: Equatable {
    /// The cause in a word that scripts rely on; new ones may be added.
    enum Reason: String, CaseIterable {
        case held, time, retry, input, budget, order, due
        case source, pick
        case sourceFailed = "source_failed"
        case noDaemon = "no_jobd"
        case pausedByHand = "pause_hand"
        case token = "pause_token"
        case balance = "pause_balance"
        case outage = "pause_outage"
        case maxInFlight = "max_in_flight"
        case maxSubmitting = "max_submitting"
        case submitPerMinute = "submit_per_minute"
        case modelInFlight = "model_max_in_flight"
        case modelPerMinute = "model_submit_per_minute"
        case submitting, uncertain
        case inQueue = "in_queue"
        case inProgress = "in_progress"
        case otherOrigin = "other_api_url"
        case cancelling = "cancel_requested"
        case storage
        case downloading, completed, failed, cancelled
    }

    let reason: Reason
    let text: String
    /// What to type or to do; nil if there is nothing to do.
    let hint: String?

    init(_ reason: Reason, _ text: String, hint: String? = nil) {
        (self.reason, self.text, self.hint) = (reason, text, hint)
    }

    func json(of job: Job) -> JSON {
        .object([
            "id": .integer(job.id), "state": .string(job.state.rawValue), "reason": .string(reason.rawValue),
            "text": .string(text), "hint": .optional(hint),
        ])
    }
}
