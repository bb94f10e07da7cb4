internal import Configuration
internal import JobModel
internal import JobStore
internal import Provider

/// Looking at jobs when they are due, and having them fetched.
extension Dispatcher {
    func startDue(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        let now = now
        guard quietUntil <= now else { return }
        let most = max(1, Self.mostLooks >> min(strain / 4, 6))
        while looks < most, let id = agenda.takeDue(now) {
            guard let job = followed[id] else { continue }
            active.insert(id)
            if job.state == .downloading {
                group.addTask { await self.fetch(id) }
            } else {
                looks += 1
                group.addTask { await self.look(job) }
            }
        }
    }

    func look(_ entry: Followed) async {
        var job = entry
        let recorder = Recorder(store: store, context: context)
        let looking = Looking(recorder: recorder, context: context, spread: runTimes[job.model]?.spread)
        let finding = try? await looking.look(at: &job)
        looks -= 1
        followed[job.id] = job
        switch finding {
        case .again(let next):
            strain = 0
            schedule(job.id, next)
        case .trouble(let next, let asked):
            strain += 1
            if let asked { beQuiet(for: asked) }
            schedule(job.id, next)
        case .account(let reason, let detail, let next):
            if gate.reason == nil {
                let context = context
                gate.close(reason, at: now) { context.delay(after: $0) }
                await keep(pause: reason, detail)
            }
            schedule(job.id, next)
        case .landed(let landed, let took):
            strain = 0
            countInFlight(job.model, -1)
            mayClaim = true
            runTimes[job.model, default: RunTimes()].add(took ?? ContinuousClock.now - job.acceptedAt)
            bell.ring()
            return await fetch(landed.id)
        case .over:
            strain = 0
            forget(job)
        case nil:
            // A person was quicker, the store refused, or jobd stops: the database says how the job stands.
            forget(job)
            await takeUp(job.id)
        }
        active.remove(job.id)
        if steered.remove(job.id) != nil { await takeUp(job.id) }
        bell.ring()
    }

    func fetch(_ id: Int64) async {
        let recorder = Recorder(store: store, context: context)
        let fetching = Fetching(recorder: recorder, context: context, places: places)
        let next = try? await fetching.fetch(id, failures: failures[id] ?? 0)
        active.remove(id)
        switch next {
        case .after:
            failures[id, default: 0] += 1
            if let next { schedule(id, next) }
        case .never, nil:
            failures[id] = nil
            followed[id] = nil
            if next == nil { await takeUp(id) }
        }
        if steered.remove(id) != nil { await takeUp(id) }
        bell.ring()
    }

    /// The service asks for a pause: everything slows down together, but not for so long that results could vanish.
    func beQuiet(for asked: Duration) {
        quietUntil = max(quietUntil, now + min(asked, context.configuration.retryMax).wholeMilliseconds)
    }

    func schedule(_ id: Int64, _ next: NextLook) {
        guard case .after(let wait) = next else { return }
        agenda.put(id, at: now + wait.wholeMilliseconds)
    }

    /// The job is no longer followed over there.
    func forget(_ job: Followed) {
        followed[job.id] = nil
        countInFlight(job.model, -1)
        mayClaim = true
    }

    /// Looks at how a job stands in the database, after somebody else has changed it.
    func takeUp(_ id: Int64) async {
        guard !isStopping, let job = try? await store.read({ try $0.find(id) }), job.state.isFollowed else {
            return
        }
        follow(job, after: followed[id] == nil ? .seconds(1) : .zero)
    }
}
