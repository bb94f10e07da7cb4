package import JobModel

/// Decides from the answers so far whether jobs may be sent, and which: a circuit breaker for the whole
/// account.
///
/// It closes at once after a fault of the account, and after several jobs in a row without an answer. While
/// it is closed, it lets one job through at a time (a probe), at growing intervals, until one is answered.
/// Each probe is a different job if possible.
///
/// A job whose refusal blamed the account is a suspect. Once another job has been accepted, the suspect is
/// tried again, with nothing else on the wire. If it is refused again, the next job is the proof: if that is
/// accepted, the suspect itself is at fault. ARCHITECTURE.md ("The submission gate") says more.
package struct SubmissionGate: Equatable, Sendable {
    package typealias Delay = (_ failures: Int) -> Duration

    /// What a job costs: an account that can pay for a cheap job may be unable to pay for an expensive one.
    package struct Worth: Equatable, Sendable {
        let model: String
        let price: Double?

        package init(model: String, price: Double?) { (self.model, self.price) = (model, price) }

        func covers(_ other: Worth) -> Bool {
            guard let price, let asked = other.price else { return model == other.model }
            return price >= asked - 1e-9
        }
    }

    /// A job whose refusal blamed the account.
    package struct Suspect: Equatable, Sendable {
        package let job: Int64
        package let reason: Pause.Reason
        package let answer: String
        fileprivate let worth: Worth
        /// Another job has been accepted since, so it is to be tried again.
        fileprivate var isDue = false
        /// How often it was refused again after another job had been accepted, while no other job was
        /// refused.
        fileprivate var strikes = 0
        /// It was due but could not be sent: not to be tried again before this.
        fileprivate var restsUntil: Moment = 0

        /// Whether the account cannot be what stood in the way, now that a job of this worth was accepted.
        fileprivate func isOutdone(by other: Worth) -> Bool { reason == .token || other.covers(worth) }

        /// The message with which it fails.
        package var verdict: String {
            "the service refuses this job again and again, and takes others before and after it: \(answer)"
        }
    }

    /// Which jobs may be sent now.
    package struct Choice: Equatable, Sendable {
        /// How many.
        package var allowance: Int
        /// This job and no other.
        package var only: Int64?
        /// Jobs to leave alone, in the order in which they are tried once no other job is ready.
        package var spared: [Int64] = []
        /// Whether one of the spared jobs may be sent if no other job is ready.
        package var takesSpared = false
        /// From the end of the queue: if the first jobs are refused one after another, the last may not be.
        package var fromTheEnd = false

        package init(allowance: Int) { self.allowance = allowance }
    }

    /// How far the second try of a suspect has come.
    private enum Trial: Equatable {
        case none
        /// The suspect is on the wire, alone.
        case running(Int64)
        /// The suspect was refused again: the next job shows whose fault that is.
        case proof(of: Int64, since: Moment)
    }

    /// Why it is closed; nil while it is open.
    package private(set) var reason: Pause.Reason?
    /// How many probes have failed since it closed, and how many of them were jobs not tried before.
    package private(set) var failures = 0
    private var freshFailures = 0
    /// No job was left to probe with but those that had been tried before.
    private var hasNoOther = false
    /// In the order of their last refusal.
    package private(set) var suspects: [Suspect] = []
    /// Jobs that were tried since it closed, in the order of their last try.
    private var tried: [Int64] = []
    /// Different jobs in a row whose tries brought no answer.
    private var unanswered: [Int64] = []
    private var trial = Trial.none
    private var probe: Int64?
    private var sendings = Sendings()
    /// When a job may be sent that was not tried since it closed, and when one that was.
    private var nextFresh: Moment = 0
    private var nextProbe: Moment = 0

    /// Jobs are numbered as they are sent: the answer to a job sent before a refusal says nothing of the time
    /// after it.
    private struct Sendings: Equatable {
        var count = 0
        /// How many were sent when the last job was refused.
        var lastRefusal = 0
        /// The numbers of the jobs on the wire.
        var wire: [Int64: Int] = [:]
    }

    /// A proof that takes longer than this proves nothing: the account may have been mended meanwhile.
    private static let longestProof: Moment = 60_000

    package init() {}

    // MARK: - What may be sent

    /// What may be sent at `now`. `limit` POSTs may be on the wire while all is well; `underway` already are.
    package func choice(limit: Int, underway: Int, at now: Moment) -> Choice {
        var choice = Choice(allowance: underway == 0 ? 1 : 0)
        if reason != nil {
            choice.spared = tried
            choice.takesSpared = now >= nextProbe
            choice.fromTheEnd = freshFailures >= 2 && freshFailures.isMultiple(of: 2)
            if now < nextFresh { choice.allowance = 0 }
        } else if trial != .none {
            choice.spared = suspects.map(\.job)
        } else if let due = suspects.first(where: { $0.isDue && $0.restsUntil <= now }) {
            choice.only = due.job
        } else {
            choice.allowance = max(0, limit - underway)
            choice.spared = suspects.map(\.job)
            choice.takesSpared = underway == 0
        }
        return choice
    }

    /// When jobs may be sent that may not be sent now, if nothing else changes.
    package var moments: [Moment] {
        reason == nil ? suspects.filter(\.isDue).map(\.restsUntil) : [nextFresh, nextProbe]
    }

    /// Whether several jobs, or all there are, were refused since it closed: more tries would show little.
    package var isConvinced: Bool { hasNoOther || freshFailures >= 3 }

    /// `job` is being sent, as `choice` allowed.
    package mutating func sent(_ job: Int64, _ choice: Choice) {
        sendings.count += 1
        sendings.wire[job] = sendings.count
        if reason != nil {
            probe = job
            hasNoOther = choice.spared.contains(job)
        }
        // While the gate is closed, the job is alone on the wire, too.
        if reason != nil || choice.only == job, suspects.contains(where: { $0.job == job && $0.isDue }) {
            trial = .running(job)
        }
    }

    /// No job that `choice` allows could be sent.
    ///
    /// - Parameter isGone: whether the one job that it named is no longer waiting.
    /// - Returns: the suspect that closed the gate, if no other job is left to compare it with.
    package mutating func foundNothing(_ choice: Choice, isGone: Bool, at now: Moment, _ delay: Delay)
        -> Suspect?
    {
        if let job = choice.only {
            guard !isGone, let index = index(of: job) else {
                forget(job)
                return nil
            }
            // Its model's limit or the budget holds it back; the others need not wait for that.
            suspects[index].restsUntil = now + delay(1).wholeMilliseconds
            return nil
        }
        if reason != nil {
            hasNoOther = true
            return nil
        }
        guard case .proof(let job, _) = trial else { return nil }
        trial = .none
        guard let index = index(of: job) else { return nil }
        close(suspects[index].reason, by: job, isFresh: true, at: now, delay)
        hasNoOther = true
        return suspects[index]
    }

    // MARK: - Answers

    /// RunComfy has accepted `job`.
    ///
    /// - Returns: the suspect that this proves to be at fault itself.
    package mutating func accepted(_ job: Int64, _ worth: Worth, at now: Moment) -> Suspect? {
        let number = sendings.wire.removeValue(forKey: job) ?? .max
        let trial = trial
        if index(of: job) != nil {
            // Whatever it was refused for is over, and so it is for the other suspects.
            suspects = []
            open()
            return nil
        }
        // It was sent before the refusal.
        if number <= sendings.lastRefusal, !suspects.isEmpty { return nil }
        open()
        let found = suspects.firstIndex { suspect in
            guard suspect.isOutdone(by: worth) else { return false }
            // If jobs are enqueued one at a time, the next one comes too late to be a proof. A second round
            // decides then.
            if suspect.strikes > 1 { return true }
            // If several lack balance, one round shows nothing: an accepted job spends what the next one
            // lacks.
            guard suspect.reason != .balance || suspects.count == 1,
                case .proof(suspect.job, let since) = trial
            else {
                return false
            }
            return now - since <= Self.longestProof
        }
        let guilty = found.map { suspects.remove(at: $0) }
        for index in suspects.indices where suspects[index].isOutdone(by: worth) {
            suspects[index].isDue = true
        }
        return guilty
    }

    /// The answer concerns `job` alone.
    package mutating func settled(_ job: Int64) {
        sendings.wire[job] = nil
        forget(job)
        open()
    }

    /// The service refused `job` and blamed the account.
    ///
    /// - Returns: whether the gate is closed now.
    package mutating func refused(
        _ job: Int64, _ fault: Pause.Reason, _ answer: String, _ worth: Worth, at now: Moment, _ delay: Delay
    ) -> Bool {
        let known = suspects.first { $0.job == job && $0.reason == fault }
        let isAgain = trial == .running(job) && known != nil
        let isFresh = noteTry(of: job)
        sendings.lastRefusal = sendings.count
        if isAgain {
            // The other suspects are tried again after the next accepted job.
            for index in suspects.indices { suspects[index].isDue = false }
        } else {
            // Another job's refusal shows that the account is at fault. Its own does not, so it keeps its
            // strikes.
            acquit()
        }
        let strikes = (known?.strikes ?? 0) + (isAgain ? 1 : 0)
        suspects.append(Suspect(job: job, reason: fault, answer: answer, worth: worth, strikes: strikes))
        if isAgain, reason == nil {
            trial = .proof(of: job, since: now)
            return false
        }
        trial = .none
        close(fault, by: job, isFresh: isFresh, at: now, delay)
        return true
    }

    /// A try of `job` brought no answer. Closes the gate after `limit` different jobs in a row.
    package mutating func noAnswer(_ job: Int64, limit: Int, at now: Moment, _ delay: Delay) {
        let isFresh = noteTry(of: job)
        trial = .none
        if !unanswered.contains(job) { unanswered.append(job) }
        if reason == nil, unanswered.count < limit { return }
        close(reason ?? .outage, by: job, isFresh: isFresh, at: now, delay)
    }

    /// The service answered and did not accept `job`: it is busy, or the answer says nothing about the job.
    package mutating func notBought(_ job: Int64, isBusy: Bool, at now: Moment, _ delay: Delay) {
        let isFresh = noteTry(of: job)
        trial = .none
        // A busy service is there.
        if isBusy, reason == .outage { return open() }
        if let reason { close(reason, by: job, isFresh: isFresh, at: now, delay) }
    }

    /// A look at a job was refused, and the answer blames the account.
    package mutating func lookRefused(_ fault: Pause.Reason, at now: Moment, _ delay: Delay) {
        acquit()
        if reason == nil { close(fault, by: nil, isFresh: true, at: now, delay) }
    }

    /// A look was answered, so the token is good. If no other job is left to be sent as a proof, this shows
    /// that a job which was refused twice is at fault itself, but only if another was accepted in between:
    /// the service may refuse all submissions.
    ///
    /// - Parameter isOnWire: whether a job is being sent now: its answer decides then.
    /// - Returns: the suspect that this proves to be at fault itself.
    package mutating func lookAnswered(_ isOnWire: (Int64) -> Bool) -> Suspect? {
        let found = suspects.firstIndex { $0.strikes > 0 && $0.reason == .token && !isOnWire($0.job) }
        guard hasNoOther, let found else { return nil }
        let guilty = suspects.remove(at: found)
        if case .proof(guilty.job, _) = trial { trial = .none }
        if reason == .token, suspects.isEmpty { open() }
        return guilty
    }

    /// Submissions were paused when jobd started, or the configuration is new: try one job at once.
    package mutating func closeFromBefore(_ fault: Pause.Reason) {
        reset()
        reason = fault
    }

    /// Opens the gate and forgets all suspects.
    package mutating func reset() {
        suspects = []
        open()
        (nextFresh, nextProbe) = (0, 0)
    }

    // MARK: - Parts

    private func index(of job: Int64) -> Int? { suspects.firstIndex { $0.job == job } }

    private mutating func forget(_ job: Int64) {
        suspects.removeAll { $0.job == job }
        tried.removeAll { $0 == job }
    }

    /// `job` was tried and comes last from now on. Answers whether this was its first try since the gate
    /// closed.
    private mutating func noteTry(of job: Int64) -> Bool {
        sendings.wire[job] = nil
        let isFresh = !tried.contains(job)
        forget(job)
        tried.append(job)
        return isFresh
    }

    /// The account itself is at fault, not one of the suspects.
    private mutating func acquit() {
        trial = .none
        for index in suspects.indices { (suspects[index].isDue, suspects[index].strikes) = (false, 0) }
    }

    private mutating func open() {
        (reason, failures, freshFailures, hasNoOther) = (nil, 0, 0, false)
        (unanswered, trial, probe) = ([], .none, nil)
        tried = suspects.map(\.job)
    }

    /// - Parameter job: the job whose answer closes it; nil after a look.
    private mutating func close(
        _ fault: Pause.Reason, by job: Int64?, isFresh: Bool, at now: Moment, _ delay: Delay
    ) {
        // Jobs that were on the wire together met the same fault, which counts once.
        let isCounted = reason == nil || job == nil || job == probe
        reason = fault
        guard isCounted else { return }
        probe = nil
        failures += 1
        if isFresh { freshFailures += 1 }
        nextProbe = now + delay(failures).wholeMilliseconds
        nextFresh = min(nextProbe, now + delay(max(1, freshFailures)).wholeMilliseconds)
    }
}
