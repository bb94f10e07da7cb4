internal import HTTP
internal import JobModel
internal import Policy
internal import Provider
internal import System

/// The looks under way. They are sent and answered many at a time, and take no task: the transfer thread
/// compares each answer with the last one about the same request.
@WorkerActor
final class Looks {
    var slots = LookSlots()
    /// The service asked to be left alone until then.
    var quietUntil: Moment = 0
    /// Wakes the loop that sends looks.
    private let wakeSignal = WakeSignal()
    private(set) var hasEnded = false
    /// Until when that loop sleeps.
    private var nextTurn: Moment = 0
    /// Different jobs in a row whose looks were answered with "ask again later".
    private var askedToWait: Set<Int64> = []
    /// The answers that came with each receiver, and who gets those to the looks that are sent now; a new one
    /// after each reload.
    private let heard = Locked<[(receiver: Int, answers: AnswerReceiver.Answers)]>([])
    private var receiver: AnswerReceiver?
    private var receivers = 0

    /// Looks that become due within so many milliseconds share a turn.
    private nonisolated static let turnLength: Moment = 10
    /// After so many jobs in a row, "ask again later" concerns all.
    private static let fewestAskedToWait = 3

    /// When a look is sent that is due at `time`.
    nonisolated static func turn(at time: Moment) -> Moment {
        (time + turnLength - 1) / turnLength * turnLength
    }

    // MARK: - Sending, and answers

    func send(_ looks: [Look], _ context: WorkerContext) {
        context.client.look(looks, receiver ?? makeReceiver())
    }

    private func makeReceiver() -> AnswerReceiver {
        receivers += 1
        let made = AnswerReceiver { [heard, wakeSignal, receivers] answers in
            heard.withLock { $0.append((receivers, answers)) }
            wakeSignal.wake()
        }
        receiver = made
        return made
    }

    /// The configuration is new: what is answered from now on was asked with the old one.
    func startAnew() { receiver = nil }

    /// The answers since the last call; nil in place of one that was asked for with a former configuration.
    func takeAnswers() -> [(job: Int64, answer: ComparedAnswer?)] {
        let heard = heard.withLock { heard in
            defer { heard = [] }
            return heard
        }
        return heard.flatMap { receiver, answers in
            let isPresent = self.receiver != nil && receiver == receivers
            return answers.map { ($0.tag, isPresent ? $0.answer : nil) }
        }
    }

    /// Notes what a look at the job says about the service.
    ///
    /// - Returns: for how long it is to be left alone.
    func note(_ report: RemoteJob.LookReport, of job: Int64) -> Duration? {
        switch report {
        case .answered, .unknown, .noWord: askedToWait = []
        case .troubled(let asked?):
            // A single job waits alone. If several in a row have to, the service is too busy.
            askedToWait.insert(job)
            if askedToWait.count >= Self.fewestAskedToWait { return asked }
        default: break
        }
        return nil
    }

    // MARK: - Turns

    /// The look's slot is free.
    func give(_ job: Int64) {
        slots.give(job)
        wakeSignal.wake()
    }

    /// Something is due then.
    func expect(turn time: Moment) {
        if time < nextTurn { wakeSignal.wake() }
    }

    func rest(until time: Moment, _ instant: ContinuousClock.Instant?) async {
        nextTurn = time
        await wakeSignal.wait(until: instant)
        nextTurn = 0
    }

    func end() {
        hasEnded = true
        wakeSignal.wake()
    }
}
