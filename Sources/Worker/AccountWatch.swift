internal import Configuration
internal import JobModel
internal import JobStore
internal import Policy
internal import System

/// What answers say of the account as a whole: whether submissions are paused, and which job is to blame
/// instead. What is to be on record of that is written by `write` alone, so that no claim sees half of it.
@WorkerActor
final class AccountWatch {
    private(set) var gate = SubmissionGate()
    /// Jobs whose last look was refused for the account's sake.
    private(set) var barred: Set<Int64> = []
    /// Jobs that failed by comparison with others, and why, until that is written down.
    private var verdicts: [Int64: String] = [:]
    private var pauseWork = PauseWork.none
    /// The token was refused where no job was sent: then a look that is answered is proof enough that it is
    /// good again.
    private var isMendedByLook = false
    private let session: WorkerSession

    /// What the database does not say yet about the gate.
    private enum PauseWork: Equatable {
        case none, end
        case record(Pause.Reason, String)
    }

    init(_ session: WorkerSession) { self.session = session }

    /// Whether everything that it knows is on record.
    var isWritten: Bool { verdicts.isEmpty && pauseWork == .none }

    func forget(_ id: Int64) { barred.remove(id) }

    private func delay(_ failures: Int) -> Duration { session.context.delay(after: failures) }

    // MARK: - Answers to POSTs

    func note(_ report: RemoteJob.Report, of job: RemoteJob) {
        let before = gate.reason
        let worth = SubmissionGate.Worth(model: job.model, price: job.price)
        switch report {
        case .taken:
            if let guilty = gate.accepted(job.id, worth, at: session.now) { blame(guilty) }
        case .settled: gate.settled(job.id)
        case .doubted(let why), .unreachable(let why): noAnswer(job.id, why)
        case .notTaken(let asked): gate.notTaken(job.id, isBusy: asked != nil, at: session.now, delay)
        case .account(let reason, let detail): refused(job.id, reason, detail, worth)
        case .answered, .unknown, .noWord, .troubled, .finished: break
        }
        if before != nil, gate.reason == nil { endPauses() }
    }

    private func refused(_ id: Int64, _ reason: Pause.Reason, _ detail: String, _ worth: SubmissionGate.Worth)
    {
        isMendedByLook = false
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
        keep(
            pause: .outage, "the service does not answer (job \(id): \(why)); one job at a time is tried")
    }

    /// Nothing could be sent by `choice`. Answers whether something else may be sent now.
    func foundNothing(_ choice: SubmissionGate.Choice, isGone: Bool) -> Bool {
        guard let stands = gate.foundNothing(choice, isGone: isGone, at: session.now, delay) else {
            // What is left may be another's turn.
            return choice.only != nil
        }
        keep(
            pause: stands.reason,
            "job \(stands.job) was refused again: \(stands.answer); no other job is there to compare it with")
        session.wakeSignal.wake()
        return false
    }

    func sent(_ id: Int64, _ choice: SubmissionGate.Choice) { gate.sent(id, choice) }

    // MARK: - Answers to looks

    /// - Parameter isOnWire: whether the answer about a job's own POST is still to come.
    /// - Returns: whether jobs may be sent that might not before.
    func noteLook(_ report: RemoteJob.Report, of id: Int64, _ isOnWire: (Int64) -> Bool) -> Bool {
        switch report {
        case .answered, .unknown, .noWord:
            barred.remove(id)
            let before = gate.reason
            if let guilty = gate.lookAnswered(isOnWire) { blame(guilty) }
            if isMendedByLook, gate.reason == .token { gate.reset() }
            guard before != gate.reason else { return !verdicts.isEmpty }
            endPauses()
            return true
        case .account(let reason, let detail):
            barred.insert(id)
            let wasOpen = gate.reason == nil
            gate.lookRefused(reason, at: session.now, delay)
            guard wasOpen else { return false }
            isMendedByLook = true
            keep(pause: reason, "a look at job \(id) was refused: \(detail)")
        default: break
        }
        return false
    }

    // MARK: - Pauses

    /// Brings the gate in step with the pauses that stand in the database, as it was when they were read.
    ///
    /// - Returns: whether it has changed.
    func reconcile(with pauses: [Pause.Reason], knowing reason: Pause.Reason?) -> Bool {
        // While our own word is not written yet, its absence says nothing.
        guard gate.reason == reason, pauseWork == .none else { return false }
        let standing = pauses.filter(Pause.Reason.ofGate.contains)
        if let reason, !standing.contains(reason) {
            gate.reset()
        } else if reason == nil, let pause = standing.first, session.context.hasToken {
            closeFromBefore(pause)
        } else {
            return false
        }
        return true
    }

    /// A pause that stood before: it is tried at once whether it still has to.
    func closeFromBefore(_ reason: Pause.Reason) {
        gate.closeFromBefore(reason)
        isMendedByLook = reason == .token
    }

    private func keep(pause reason: Pause.Reason, _ detail: String) {
        session.context.log.error("submissions are paused (\(reason.rawValue)): \(detail)")
        pauseWork = .record(reason, detail)
    }

    private func endPauses() {
        session.context.log.info("submissions go on")
        pauseWork = .end
    }

    /// A job is refused while others pass: its own end is to be written down.
    private func blame(_ guilty: SubmissionGate.Suspect) {
        verdicts[guilty.job] = guilty.verdict
        session.wakeSignal.wake()
    }

    // MARK: - The record

    /// Writes what is not on record yet. Throws where the store cannot be written.
    func write() async throws {
        if !verdicts.isEmpty { try await writeVerdicts() }
        if pauseWork != .none { try await writePauses() }
    }

    /// Writes down which jobs failed by comparison with others, unless a person was quicker.
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
                if case .record(reason, let detail) = work {
                    try database.keepPause(reason, detail)
                } else {
                    try database.keepPause(reason, nil)
                }
            }
        }
        if pauseWork == work { pauseWork = .none }
    }
}
