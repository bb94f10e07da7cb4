internal import Configuration
internal import JobModel
internal import JobStore
internal import Provider

/// Looking at jobs when they are due, and having them fetched.
extension Dispatcher {
    func startDue(_ group: inout ThrowingDiscardingTaskGroup<any Error>) {
        let now = now
        guard quietUntil <= now else { return }
        while looks < mostLooksNow, let id = agenda.takeDue(now) {
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

    /// Fewer at once while the service is troubled.
    var mostLooksNow: Int { max(1, Self.mostLooks >> min(strain / 4, 6)) }

    func look(_ entry: Followed) async {
        var job = entry
        let recorder = Recorder(store: store, context: context)
        let looking = Looking(recorder: recorder, context: context, spread: runTimes[job.model]?.spread)
        let finding = try? await looking.look(at: &job)
        looks -= 1
        followed[job.id] = job
        if case .trouble = finding { strain += 1 } else if finding != nil { strain = 0 }
        switch finding {
        case .again(let next):
            reopenAfterLook()
            schedule(job.id, next)
        case .trouble(let next, let asked):
            if let asked { beQuiet(for: asked) }
            schedule(job.id, next)
        case .account(let reason, let detail, let next):
            if gate.reason == nil { close(reason, detail, byLook: true) }
            schedule(job.id, next)
        case .landed(let landed, let took):
            reopenAfterLook()
            countInFlight(job.model, -1)
            mayClaim = true
            runTimes[job.model, default: RunTimes()].add(took ?? ContinuousClock.now - job.acceptedAt)
            bell.ring()
            return await fetch(landed.id)
        case .over:
            reopenAfterLook()
            forget(job)
        case nil:
            // A person was quicker, the store refused, or jobd stops: the database says how the job stands.
            forget(job)
            active.remove(job.id)
            await takeUp(job.id)
        }
        active.remove(job.id)
        if steered.remove(job.id) != nil { await takeUp(job.id) }
        bell.ring()
    }

    /// What a look found wrong with the account, a look that is answered has mended.
    func reopenAfterLook() {
        if gate.reason != nil, wasClosedByLook { open() }
    }

    func fetch(_ id: Int64) async {
        let recorder = Recorder(store: store, context: context)
        let fetching = Fetching(recorder: recorder, context: context, places: places)
        do {
            let next = try await fetching.fetch(id, failures: failures[id] ?? 0)
            active.remove(id)
            if case .after = next {
                failures[id, default: 0] += 1
                schedule(id, next)
            } else {
                failures[id] = nil
                followed[id] = nil
            }
        } catch is Recorder.Overtaken {
            active.remove(id)
            followed[id] = nil
            await takeUp(id)
        } catch {
            active.remove(id)
            if !(error is CancellationError) {
                context.log.error("job \(id) cannot be fetched yet: \(error)")
            }
            failures[id, default: 0] += 1
            schedule(id, .after(context.delay(after: failures[id] ?? 1)))
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
        guard !isStopping else { return }
        let job: Job?
        do { job = try await store.read { try $0.find(id) } } catch {
            // Looked for again among all that is unfinished.
            mustRecover = true
            return
        }
        guard let job, job.state.isFollowed else { return }
        follow(job, after: followed[id] == nil ? .seconds(1) : .zero)
    }
}
