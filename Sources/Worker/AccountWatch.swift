internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy
internal import System

/// What the answers say about the account as a whole: whether submissions are paused, or a single job is to
/// blame. Only `write` records this, so that no claim sees half of it.
@WorkerActor
final class AccountWatch {
    private(set) var gate = SubmissionGate()
    /// Jobs whose last look was refused, with the blame on the account.
    private(set) var barred: Set<Int64> = []
    /// Jobs that fail because others were accepted, and their messages, until that is recorded.
    private var verdicts: [Int64: String] = [:]
    private var pauseWork = PauseWork.none
    /// The token was refused, but not for a submission: then an answered look proves that it is good again.
    private var isReopenedByLook = false
    private let session: WorkerSession

    /// What is to be written to `pauses`.
    private enum PauseWork: Equatable {
        case none, end
        case record(Pause.Reason, String)
    }

    init(_ session: WorkerSession) { self.session = session }

    /// Whether everything is recorded.
    var isWritten: Bool { verdicts.isEmpty && pauseWork == .none }

    func forget(_ id: Int64) { barred.remove(id) }

    private func delay(_ failures: Int) -> Duration { session.context.delay(after: failures) }

    // MARK: - Answers to POSTs

    func note(_ report: RemoteJob.PostReport, of job: RemoteJob) {
        let before = gate.reason
        let worth = SubmissionGate.Worth(model: job.model, price: job.price)
        switch report {
        case .accepted:
            if let guilty = gate.accepted(job.id, worth, at: session.now) { blame(guilty) }
        case .refused: gate.settled(job.id)
        case .uncertain(let why), .unreachable(let why): noAnswer(job.id, why)
        case .notBought(let asked): gate.notBought(job.id, isBusy: asked != nil, at: session.now, delay)
        case .account(let reason, let detail): refused(job.id, reason, detail, worth)
        }
        if before != nil, gate.reason == nil { endPauses() }
    }

    private func refused(_ id: Int64, _ reason: Pause.Reason, _ detail: String, _ worth: SubmissionGate.Worth)
    {
        isReopenedByLook = false
        if gate.refused(id, reason, detail, worth, at: session.now, delay) {
            keep(pause: reason, "job \(id) was refused: \(detail)")
        } else {
            session.context.log.warning(
                "job \(id) was refused again after another was taken: the next one shows whose fault it is")
        }
    }

    private func noAnswer(_ id: Int64, _ why: String) {
        let before = gate.reason
        gate.noAnswer(id, limit: session.context.configuration.maxSubmitting, at: session.now, delay)
        guard gate.reason == .outage, before != .outage else { return }
        keep(pause: .outage, "the service does not answer (job \(id): \(why)); one job at a time is tried")
    }

    /// No job that `choice` allows could be sent.
    ///
    /// - Returns: whether another choice may find one.
    func foundNothing(_ choice: SubmissionGate.Choice, isGone: Bool) -> Bool {
        guard let suspect = gate.foundNothing(choice, isGone: isGone, at: session.now, delay) else {
            return choice.only != nil
        }
        let why = "was refused again: \(suspect.answer); no other job is left to compare it with"
        keep(pause: suspect.reason, "job \(suspect.job) \(why)")
        session.wakeSignal.wake()
        return false
    }

    func sent(_ id: Int64, _ choice: SubmissionGate.Choice) { gate.sent(id, choice) }

    // MARK: - Answers to looks

    /// - Parameter isOnWire: whether the answer to a job's POST is still to come.
    /// - Returns: whether a claim may find something new.
    func noteLook(_ report: RemoteJob.LookReport, of id: Int64, _ isOnWire: (Int64) -> Bool) -> Bool {
        switch report {
        case .answered, .unknown, .noWord:
            barred.remove(id)
            let before = gate.reason
            if let guilty = gate.lookAnswered(isOnWire) { blame(guilty) }
            if isReopenedByLook, gate.reason == .token { gate.reset() }
            guard before != gate.reason else { return !verdicts.isEmpty }
            endPauses()
            return true
        case .account(let reason, let detail):
            barred.insert(id)
            let wasOpen = gate.reason == nil
            gate.lookRefused(reason, at: session.now, delay)
            guard wasOpen else { return false }
            isReopenedByLook = true
            keep(pause: reason, "a look at job \(id) was refused: \(detail)")
            return false
        case .troubled, .finished: return false
        }
    }

    // MARK: - Pauses

    /// Makes the gate agree with the pauses in the database.
    ///
    /// - Parameter reason: the gate's when the pauses were read.
    /// - Returns: whether the gate has changed.
    func reconcile(with pauses: [Pause.Reason], knowing reason: Pause.Reason?) -> Bool {
        // While the gate's own pause is not written yet, its absence says nothing.
        guard gate.reason == reason, pauseWork == .none else { return false }
        let ofGate = pauses.filter(Pause.Reason.ofGate.contains)
        if let reason, !ofGate.contains(reason) {
            gate.reset()
        } else if reason == nil, let pause = ofGate.first, session.context.hasToken {
            closeFromBefore(pause)
        } else {
            return false
        }
        return true
    }

    /// Submissions are paused already: one job is tried at once.
    func closeFromBefore(_ reason: Pause.Reason) {
        gate.closeFromBefore(reason)
        isReopenedByLook = reason == .token
    }

    private func keep(pause reason: Pause.Reason, _ detail: String) {
        session.context.log.error("submissions are paused (\(reason.rawValue)): \(detail)")
        pauseWork = .record(reason, detail)
    }

    private func endPauses() {
        session.context.log.info("submissions go on")
        pauseWork = .end
    }

    /// The job is refused while others are accepted: it fails.
    private func blame(_ guilty: SubmissionGate.Suspect) {
        verdicts[guilty.job] = guilty.verdict
        session.wakeSignal.wake()
    }

    // MARK: - The record

    /// Records what is not recorded yet.
    func write() async throws {
        if !verdicts.isEmpty { try await writeVerdicts() }
        if pauseWork != .none { try await writePauses() }
    }

    /// Fails the jobs to blame, unless a person has changed them meanwhile.
    private func writeVerdicts() async throws {
        let due = verdicts
        let ended = try await session.store.write { database in
            try due.keys.sorted().filter { id in
                guard let verdict = due[id], try database.ready(id: id) != nil else { return false }
                _ = try database.record(.refused(message: verdict), for: id, in: .queued)
                return true
            }
        }
        for id in ended { session.context.log.warning("job \(id) refused: \(due[id] ?? "")") }
        verdicts = verdicts.filter { due[$0.key] == nil }
    }

    private func writePauses() async throws {
        let work = pauseWork
        try await session.store.write { database in
            for reason in Pause.Reason.ofGate {
                let detail: String? = if case .record(reason, let detail) = work { detail } else { nil }
                try database.keepPause(reason, detail)
            }
        }
        if pauseWork == work { pauseWork = .none }
    }
}
