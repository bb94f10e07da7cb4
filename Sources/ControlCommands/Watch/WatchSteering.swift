internal import CommandLineTool
internal import JobModel
internal import JobStore
internal import Policy
internal import Startup

/// Performs actions as the verbs of the command line do.
struct WatchSteering {
    let session: Session
    let directory: StateDirectory

    static let retry = Verb.retry(resubmit: false)

    func perform(_ action: WatchAction) throws -> WatchState.Message {
        // The view must not stand still for long.
        let store = try JobDatabase(directory, .write, busyTimeout: .seconds(2))
        defer { session.wake(directory) }
        switch action {
        case .apply(let verb, let id, let mayBuy): return try steer(id, verb, mayBuy: mayBuy, store)
        case .pause:
            let isNew = try store.pause(.hand, "paused by hand")
            return said(isNew ? "submissions are paused; p resumes" : "submissions were already paused")
        case .resume:
            let werePaused = try !store.resume().isEmpty
            return said(werePaused ? "submissions are resumed" : "submissions were not paused")
        }
    }

    /// - Parameter mayBuy: whether the person agreed to a purchase. The job may have changed since then.
    private func steer(
        _ id: Int64, _ verb: Verb, mayBuy: Bool, _ store: JobDatabase
    ) throws -> WatchState.Message {
        let result = try store.transaction {
            if !mayBuy, let job = try store.find(id), case .apply(let event) = verb.answer(for: job),
                case .retried = event, job.purchase(by: event) != nil
            {
                return Steered.refused("would now be submitted again, which buys; press r again")
            }
            return try store.steer(id, verb)
        }
        switch result {
        case .done(let job, _):
            return said(
                verb.isRequest(of: job) ? job.cancelRequestWords : "job \(id) is \(job.state.rawValue)")
        case .note(let words): return said("job \(id) \(words)")
        case .refused(let words), .partly(_, let words):
            return .init(text: "job \(id) \(words)", isRefusal: true)
        case .unknown: return .init(text: Failure.noJob(id).message, isRefusal: true)
        }
    }

    private func said(_ text: String) -> WatchState.Message { .init(text: text, isRefusal: false) }

    /// The question before a retry of job `id`; nil if there is nothing to ask.
    func question(retrying id: Int64, in store: JobDatabase) throws -> WatchState.Mode? {
        guard let job = try store.find(id), case .apply(let event) = Self.retry.answer(for: job),
            try store.obstacle(to: event, of: job) == nil
        else { return nil }
        guard let words = job.purchase(by: event) else {
            return .asking(
                "job \(id) continues with its request, and nothing is bought; retry it?",
                .apply(Self.retry, to: id))
        }
        let models = session.models(in: store, try? session.daemonConfiguration(store))
        let price = try job.priceUSD ?? models.price(of: job)
        let cost = price.map { " (about \(Money.text($0)))" } ?? ""
        return .asking("\(words)\(cost); retry it?", .apply(Self.retry, to: id, mayBuy: true))
    }
}

extension Job {
    /// The warning before `event` has the job submitted; nil if it does not.
    func purchase(by event: JobEvent) -> String? {
        guard state(after: event) == .queued else { return nil }
        return submissions > 0
            ? "job \(id) is submitted again, which is paid for again"
            : "job \(id) is submitted again; nothing was bought before"
    }
}
