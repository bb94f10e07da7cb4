internal import HTTP
internal import JobModel
internal import Policy
internal import Provider

/// Looks share turns, and few of them take a task.
extension JobRuns {
    private static let lanes: [Agenda.Lane] = [.ordinary, .troubled]

    /// Sends looks as they become due and takes up their answers, until `looks.end`. A loop of its own,
    /// because a turn of `Dispatcher.run` waits for the store.
    func look() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            while !looks.hasEnded {
                let turn = now
                for (id, answer) in looks.takeAnswers() { takeUp(answer, of: id, &group) }
                startDue(Self.lanes, &group, at: turn)
                let next = nextLook(after: turn)
                await looks.rest(until: next ?? .max, next.map(instant))
            }
            group.cancelAll()
        }
    }

    func nextLook(after turn: Moment) -> Moment? { nextTurn(Self.lanes, after: turn) }

    /// Wakes the loop if a look is due by now, in case a wake-up was lost.
    func remindLooks(at turn: Moment) {
        if let next = nextLook(after: turn), next <= turn { looks.expect(turn: next) }
    }

    private func takeUp(
        _ answer: ComparedAnswer?, of id: Int64, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        switch answer {
        case .same:
            let actions = handle(.sameStatus, of: id)
            if let wait = learnedNothing(actions, of: id) {
                again(id, after: wait, &group)
            } else {
                group.addTask { await self.look(at: id) { try await $0.perform(actions) } }
            }
        case .other(let answer, let digest):
            let client = session.context.client
            group.addTask {
                await self.look(at: id) { run in
                    let request = run.job.request?.id ?? ""
                    let status = try await client.status(of: request, from: answer)
                    try await run.handle(.status(status, digest))
                }
            }
        // It was asked for with a former configuration.
        case nil: again(id, after: .zero, &group)
        }
    }

    /// The look is over: the job waits for the next one.
    private func again(
        _ id: Int64, after wait: Duration, _ group: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        looks.slots.give(id)
        if let job = jobs[id] { put(job, after: wait) }
        if jobs[id] == nil || toReread.contains(id) {
            group.addTask { await self.release(id) }
        } else {
            active.remove(id)
        }
    }

    /// The wait until the next look, if there is nothing else to do.
    private func learnedNothing(_ actions: [RemoteJob.Action], of job: Int64) -> Duration? {
        guard actions.count == 2, case .reportLook(.answered) = actions[0], case .wait(let wait) = actions[1]
        else { return nil }
        if let job = jobs[job] { report(.answered, of: job, at: session.context.origin) }
        return wait
    }

    /// Has the job's machine handle the event in place: most looks change next to nothing.
    func handle(_ event: RemoteJob.Event, of id: Int64) -> [RemoteJob.Action] {
        guard let model = jobs[id]?.model else { return [] }
        return jobs[id]?.handle(event, rules(for: model, session.context)) ?? []
    }
}
