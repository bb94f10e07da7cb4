internal import JobModel
internal import JobStore
internal import Policy
internal import Startup

/// Does what was asked by a key, as the verb of that name would.
struct WatchSteering {
    let session: Session
    let directory: StateDirectory

    private static let retry = Verb.retry(resubmit: false)

    func perform(_ action: WatchAction) throws -> WatchState.Message {
        // Nobody looks at a picture that stands still for long.
        let store = try JobDatabase(directory, .write, busyTimeout: .seconds(2))
        defer { session.wake(directory) }
        switch action {
        case .cancel(let id): return try steer(id, .cancel, store)
        case .retry(let id, let buys): return try steer(id, Self.retry, mayBuy: buys, store)
        case .hold(let id): return try steer(id, .hold, store)
        case .release(let id): return try steer(id, .release, store)
        case .pause:
            let isNew = try store.pause(.hand, "paused by hand")
            return said(isNew ? "submissions are paused; p goes on" : "submissions were paused already")
        case .resume:
            return try said(
                store.resume().isEmpty ? "submissions were not paused" : "submissions go on")
        }
    }

    /// - Parameter mayBuy: whether a purchase was agreed to; the job may be another one since the question.
    private func steer(
        _ id: Int64, _ verb: Verb, mayBuy: Bool = false, _ store: JobDatabase
    ) throws -> WatchState.Message {
        let result = try store.transaction {
            if !mayBuy, let job = try store.find(id), case .apply(let event) = verb.answer(for: job),
                case .retried = event, job.purchase(by: event) != nil
            {
                return Steered.refused("would be submitted anew by now; press r again")
            }
            return try store.steer(id, verb)
        }
        switch result {
        case .done(let job):
            let isAsked = verb == .cancel && job.state != .cancelled
            return said(
                isAsked
                    ? "job \(id): the cancel is asked for; what cannot be cancelled any more is fetched"
                    : "job \(id) is \(job.state.rawValue)")
        case .note(let words): return said("job \(id) \(words)")
        case .refused(let words): return .init(text: "job \(id) \(words)", isRefusal: true)
        case .unknown: return .init(text: "no job \(id)", isRefusal: true)
        }
    }

    private func said(_ text: String) -> WatchState.Message { .init(text: text, isRefusal: false) }

    /// What a retry of job `id` is to be asked with; a message where there is nothing to ask.
    func question(retrying id: Int64, in store: JobDatabase) throws -> WatchState.Mode? {
        guard let job = try store.find(id), case .apply(let event) = Self.retry.answer(for: job),
            try store.obstacle(to: event, of: job) == nil
        else { return nil }
        guard let words = job.purchase(by: event) else {
            return .asking(
                "job \(id) goes on from its request, and nothing is bought; retry it?",
                .retry(id, buys: false))
        }
        let models = session.models(in: store, try? session.configurationFile().read())
        let price = try job.priceUSD ?? models.price(of: job)
        let cost = price.map { " (about \(Money.text($0)))" } ?? ""
        return .asking("\(words)\(cost); retry it?", .retry(id, buys: true))
    }
}

extension Job {
    /// What is to be said before `event` makes the job be submitted; nil where it does not.
    func purchase(by event: JobEvent) -> String? {
        guard state(after: event) == .queued else { return nil }
        return submissions > 0
            ? "job \(id) is submitted anew, which is paid for again"
            : "job \(id) is submitted anew; nothing was bought before"
    }
}
