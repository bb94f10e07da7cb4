package import JobModel

/// Whether jobs may be sent, and which, after what became of those that were: the breaker of the whole
/// account.
///
/// It closes for a fault of the account at once, and for an outage after several jobs in a row without an
/// answer. Closed, it lets one job through at a time, at growing distances, until one is answered; another
/// job each time, as long as there is one.
///
/// An answer that blames the account may have been earned by one job alone. So a job that gets one is a
/// suspect. Once another job is taken, the suspect is tried again, with nothing else on the wire. If it gets
/// such an answer again, and the very next job is taken, the fault is its own. A fault of the account that
/// lasts for two requests in a row is therefore never held against a job. Where several jobs lack balance, it
/// takes two such rounds.
package struct SubmissionGate: Equatable, Sendable {
    /// Milliseconds of a clock that never jumps.
    package typealias Moment = Int64
    package typealias Delay = (_ failures: Int) -> Duration

    /// What a job asks for: an account that pays for a cheap one need not be able to pay for a dear one.
    package struct Worth: Equatable, Sendable {
        let model: String
        let price: Double?

        package init(model: String, price: Double?) { (self.model, self.price) = (model, price) }

        func covers(_ other: Worth) -> Bool {
            guard let price, let asked = other.price else { return model == other.model }
            return price >= asked - 1e-9
        }
    }

    /// A job that was refused in the account's name.
    package struct Suspect: Equatable, Sendable {
        package let job: Int64
        package fileprivate(set) var reason: Pause.Reason
        package fileprivate(set) var answer: String
        fileprivate var worth: Worth
        /// Another job was taken since.
        fileprivate var isDue = false
        /// How often it was refused again after another job had been taken, while no other job was refused.
        fileprivate var strikes = 0
        package var isStruck: Bool { strikes > 0 }
        /// It could not be sent when it was due: when to try that again.
        fileprivate var rest: Moment = 0
    }

    /// Which jobs may be sent now.
    package struct Choice: Equatable, Sendable {
        package var most: Int
        /// This one and no other.
        package var only: Int64?
        /// Jobs to leave alone, in the order in which they come once nothing else is ready.
        package var spared: [Int64] = []
        /// Whether one of those may go where nothing else is ready.
        package var takesSpared = false
        /// From the end of the queue: where the first jobs are refused one after another, those far from them
        /// may fare better.
        package var fromTheEnd = false

        package init(most: Int) { self.most = most }
    }

    private enum Trial: Equatable {
        case none
        /// The suspect is on the wire, alone.
        case running(Int64)
        /// It was refused again: the next job shows whose fault that is.
        case proof(of: Int64, since: Moment)
    }

    /// Why it is closed; nil while it is open.
    package private(set) var reason: Pause.Reason?
    /// How many probes have failed since it closed, and how many of them with a job that had not been tried
    /// before.
    package private(set) var failures = 0
    package private(set) var freshFailures = 0
    /// The last probe found nothing to send but what had been tried before.
    package private(set) var hasNoOther = false
    /// Those refused in the account's name, the one that was refused last at the end.
    package private(set) var suspects: [Suspect] = []
    /// Jobs that had their try since it closed, the one that had it last at the end.
    private var tried: [Int64] = []
    /// The jobs whose tries brought no answer, in a row.
    private var unanswered: [Int64] = []
    private var trial = Trial.none
    private var probe: Int64?
    private var sendings = Sendings()
    private var nextFresh: Moment = 0
    private var nextProbe: Moment = 0

    /// How many jobs were sent so far, how many when the last one was refused, and which number those on the
    /// wire have: what left before a refusal tells nothing of the time after it.
    private struct Sendings: Equatable {
        var count = 0
        var lastRefusal = 0
        var wire: [Int64: Int] = [:]
    }

    /// A proof that comes later than this proves nothing: the account may have been mended meanwhile.
    private static let longestProof: Moment = 60_000

    package init() {}

    // MARK: - What may be sent

    /// What may be sent at `now`, where `limit` jobs may while all is well and `underway` are already.
    package func choice(limit: Int, underway: Int, at now: Moment) -> Choice {
        var choice = Choice(most: underway == 0 ? 1 : 0)
        if reason != nil {
            choice.spared = tried
            choice.takesSpared = now >= nextProbe
            choice.fromTheEnd = freshFailures >= 2 && freshFailures.isMultiple(of: 2)
            if now < nextFresh { choice.most = 0 }
        } else if trial != .none {
            choice.spared = suspects.map(\.job)
        } else if let due = suspects.first(where: { $0.isDue && $0.rest <= now }) {
            choice.only = due.job
        } else {
            choice.most = max(0, limit - underway)
            choice.spared = suspects.map(\.job)
            choice.takesSpared = underway == 0
        }
        return choice
    }

    /// When time alone lets a job through.
    package var moments: [Moment] {
        reason == nil ? suspects.filter(\.isDue).map(\.rest) : [nextFresh, nextProbe]
    }

    /// Whether several jobs, or all there are, were refused since it closed: then waiting for more of them
    /// shows little.
    package var isConvinced: Bool { hasNoOther || freshFailures >= 3 }

    /// `job` is on its way, by `choice`.
    package mutating func sent(_ job: Int64, _ choice: Choice) {
        sendings.count += 1
        sendings.wire[job] = sendings.count
        if reason != nil {
            probe = job
            hasNoOther = choice.spared.contains(job)
        }
        // A gate that is closed lets nothing else out beside it either.
        if reason != nil || choice.only == job, suspects.contains(where: { $0.job == job && $0.isDue }) {
            trial = .running(job)
        }
    }

    /// Nothing could be sent by `choice`. `isGone` says that the job it named waits no more.
    ///
    /// Answers the suspect for whose sake the gate has closed: it is refused, and nothing is left to compare
    /// it with.
    package mutating func foundNothing(_ choice: Choice, isGone: Bool, at now: Moment, _ delay: Delay)
        -> Suspect?
    {
        if let job = choice.only {
            guard !isGone, let index = index(of: job) else {
                forget(job)
                return nil
            }
            // Its model's limit or the budget is in the way; the others need not wait for that.
            suspects[index].rest = now + delay(1).wholeMilliseconds
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

    // MARK: - What became of it

    /// RunComfy has taken `job`. Answers the suspect that this proves to be at fault itself.
    package mutating func accepted(_ job: Int64, _ worth: Worth, at now: Moment) -> Suspect? {
        let number = sendings.wire.removeValue(forKey: job) ?? .max
        let trial = trial
        if index(of: job) != nil {
            // What it was refused for is over, or never was its own: the same goes for the others.
            suspects = []
            open()
            return nil
        }
        // It had left before the account turned bad, if it did.
        if number <= sendings.lastRefusal, !suspects.isEmpty { return nil }
        open()
        let found = suspects.firstIndex { suspect in
            guard suspect.isOutdone(by: worth) else { return false }
            // Jobs that come one at a time leave no proof so close behind: then it takes another round of
            // them.
            if suspect.strikes > 1 { return true }
            // Where several lack balance, one round shows nothing: what is taken spends what the next lacks.
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

    /// The service has answered about `job` alone, or the job ended otherwise.
    package mutating func settled(_ job: Int64) {
        sendings.wire[job] = nil
        forget(job)
        open()
    }

    /// The service answered `job` in the account's name. Answers whether the gate is closed now.
    package mutating func refused(
        _ job: Int64, _ fault: Pause.Reason, _ answer: String, _ worth: Worth, at now: Moment, _ delay: Delay
    ) -> Bool {
        let known = suspects.first { $0.job == job && $0.reason == fault }
        let isAgain = trial == .running(job) && known != nil
        let isFresh = landed(job)
        var suspect = Suspect(job: job, reason: fault, answer: answer, worth: worth)
        sendings.lastRefusal = sendings.count
        if isAgain {
            suspect.strikes = (known?.strikes ?? 0) + 1
            // The others' turn comes when the next job is taken.
            for index in suspects.indices { suspects[index].isDue = false }
            suspects.append(suspect)
            guard reason == nil else {
                trial = .none
                close(fault, by: job, isFresh: isFresh, at: now, delay)
                return true
            }
            trial = .proof(of: job, since: now)
            return false
        }
        // That the account is at fault is shown by another's refusal, not by its own.
        suspect.strikes = known?.strikes ?? 0
        acquit()
        suspects.append(suspect)
        close(fault, by: job, isFresh: isFresh, at: now, delay)
        return true
    }

    /// A try of `job` brought no answer. Closes the gate after `limit` different jobs in a row.
    package mutating func noAnswer(_ job: Int64, limit: Int, at now: Moment, _ delay: Delay) {
        let isFresh = landed(job)
        trial = .none
        if !unanswered.contains(job) { unanswered.append(job) }
        if reason == nil, unanswered.count < limit { return }
        close(reason ?? .outage, by: job, isFresh: isFresh, at: now, delay)
    }

    /// The service answered, and took nothing: it has too much to do (`isBusy`), or the answer was no
    /// judgement.
    package mutating func notTaken(_ job: Int64, isBusy: Bool, at now: Moment, _ delay: Delay) {
        let isFresh = landed(job)
        trial = .none
        // It has too much to do, so it is there.
        if isBusy, reason == .outage { return open() }
        if let reason { close(reason, by: job, isFresh: isFresh, at: now, delay) }
    }

    /// A look at a job that the service has was refused in the account's name.
    package mutating func lookRefused(_ fault: Pause.Reason, at now: Moment, _ delay: Delay) {
        acquit()
        if reason == nil { close(fault, by: nil, isFresh: true, at: now, delay) }
    }

    /// A look was answered, so the token is good. That speaks against a job that was refused, and again after
    /// another had been taken, where no other job is there to be sent as a proof. It says nothing of a
    /// service that refuses every submission.
    ///
    /// - Parameter isOnWire: whether a job is being sent at this moment: then its answer is waited for.
    package mutating func lookAnswered(_ isOnWire: (Int64) -> Bool) -> Suspect? {
        let found = suspects.firstIndex { $0.isStruck && $0.reason == .token && !isOnWire($0.job) }
        guard hasNoOther, let found else { return nil }
        let guilty = suspects.remove(at: found)
        if case .proof(guilty.job, _) = trial { trial = .none }
        if reason == .token, suspects.isEmpty { open() }
        return guilty
    }

    /// A pause that stood when jobd started, or a new configuration: try at once.
    package mutating func closeFromBefore(_ fault: Pause.Reason) {
        reset()
        reason = fault
    }

    /// A person, or the proof that all is well, says that it is open.
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

    /// `job` had its try, and comes last from now on. Answers whether that was its first.
    private mutating func landed(_ job: Int64) -> Bool {
        sendings.wire[job] = nil
        let isFresh = !tried.contains(job)
        forget(job)
        tried.append(job)
        return isFresh
    }

    /// What was held against single jobs is void: the account itself is at fault.
    private mutating func acquit() {
        trial = .none
        for index in suspects.indices { (suspects[index].isDue, suspects[index].strikes) = (false, 0) }
    }

    private mutating func open() {
        (reason, failures, freshFailures, hasNoOther) = (nil, 0, 0, false)
        (unanswered, trial, probe) = ([], .none, nil)
        tried = suspects.map(\.job)
    }

    /// - Parameter job: whose answer it is; nil where it was no submission's.
    private mutating func close(
        _ fault: Pause.Reason, by job: Int64?, isFresh: Bool, at now: Moment, _ delay: Delay
    ) {
        // Those that were on the wire together met the same fault: it counts once.
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

extension SubmissionGate.Suspect {
    /// Whether a job of this worth that was taken shows that the account was not what stood in the way.
    fileprivate func isOutdone(by other: SubmissionGate.Worth) -> Bool {
        reason == .token || other.covers(worth)
    }

    /// What its failure is put down to.
    package var verdict: String {
        "the service refuses this job again and again, and takes others before and after it: \(answer)"
    }
}
