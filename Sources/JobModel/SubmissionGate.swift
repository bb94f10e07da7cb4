/// Whether jobs may be sent, after what became of those that were: the breaker of the whole account.
///
/// It closes for a fault of the account at once, and for an outage after several in a row. Closed, it lets one job
/// through at a time, at growing distances, until one is answered.
package struct SubmissionGate: Equatable, Sendable {
    package enum Reason: String, Sendable {
        case token, balance, outage
    }

    /// Why it is closed; nil while it is open.
    package private(set) var reason: Reason?
    /// How many probes have failed since.
    package private(set) var failures = 0
    /// The jobs whose tries brought no answer, in a row.
    private var unanswered: Set<Int64> = []
    private var nextProbe: Moment = 0

    /// Milliseconds of a clock that never jumps.
    package typealias Moment = Int64

    package init() {}

    /// How many jobs may be sent at `now`, where `limit` may while all is well and `underway` are already.
    package func allowance(limit: Int, underway: Int, at now: Moment) -> Int {
        guard reason != nil else { return max(0, limit - underway) }
        return underway == 0 && now >= nextProbe ? 1 : 0
    }

    /// When the next probe may leave; nil while the gate is open.
    package var probeAt: Moment? { reason == nil ? nil : nextProbe }

    /// The service has answered about a job: it was taken, or refused for its own sake.
    package mutating func answered() { self = SubmissionGate() }

    /// A try of `job` brought no answer. Closes the gate after `limit` different jobs in a row.
    package mutating func noAnswer(
        _ job: Int64, limit: Int, at now: Moment, _ delay: (_ failures: Int) -> Duration
    ) {
        unanswered.insert(job)
        if reason == nil, unanswered.count < limit { return }
        close(reason ?? .outage, at: now, delay)
    }

    /// The account is at fault: nothing will be taken until that is mended.
    package mutating func close(_ fault: Reason, at now: Moment, _ delay: (_ failures: Int) -> Duration) {
        reason = fault
        failures += 1
        nextProbe = now + delay(failures).wholeMilliseconds
    }

    /// A pause that stood when jobd started: try at once.
    package mutating func closeFromBefore(_ fault: Reason) {
        reason = fault
        failures = 0
        nextProbe = 0
    }
}
