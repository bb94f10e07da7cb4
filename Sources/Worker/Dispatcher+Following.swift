internal import Configuration
internal import JobModel
internal import JobStore
internal import System

/// What RunComfy has: looked at by the agenda, and fetched.
extension Dispatcher {
    func startDue(_ group: inout ThrowingDiscardingTaskGroup<any Error>, at turn: Int64) {
        guard looksQuietUntil <= turn else { return }
        for lane in Agenda.Lane.allCases {
            while looks.isFree(lane, at: turn), let id = agenda.takeDue(turn, in: lane) {
                start(id, lane, &group, at: turn)
            }
        }
    }

    private func start(
        _ id: Int64, _ lane: Agenda.Lane, _ group: inout ThrowingDiscardingTaskGroup<any Error>,
        at turn: Int64
    ) {
        active.insert(id)
        guard let job = followed[id] else {
            // It could not be read when it should have been.
            steered.insert(id)
            return group.addTask { await self.release(id) }
        }
        if job.state == .downloading {
            if takesFetch(id) { group.addTask { await self.fetch(id) } }
        } else {
            looks.take(for: id, lane, at: turn)
            group.addTask { await self.look(job) }
        }
    }

    func lane(of id: Int64) -> Agenda.Lane {
        guard let job = followed[id] else { return .ordinary }
        return job.state == .downloading ? .fetching : job.isTroubled ? .troubled : .ordinary
    }

    func look(_ entry: Followed) async {
        let context = context
        if let origin = entry.origin, context.isElsewhere(origin) {
            looks.give(entry.id)
            setAside(entry, origin)
            return await release(entry.id)
        }
        var job = entry
        let recorder = Recorder(store: store, context: context)
        let looking = Looking(recorder: recorder, context: context, spread: runTimes[job.model]?.spread)
        var finding: Looking.Finding?
        do { finding = try await looking.look(at: &job) } catch {
            if !isStopping { context.log.warning("job \(job.id) is not as it was: \(error)") }
            finding = nil
        }
        looks.give(job.id)
        followed[job.id] = job
        await mend(finding, of: job.id)
        keepInMind(finding, of: job, at: context.origin)
        if case .unknown(let reason, let wait) = finding {
            finding = await judge(job, reason, wait, context)
        }
        switch finding {
        case .again(let next), .noWord(let next): schedule(job.id, next)
        case .unknown(_, let wait): schedule(job.id, .after(wait))
        case .trouble(let next, let asked):
            if let asked { heed(asked, of: job.id) }
            schedule(job.id, next)
        case .account(let reason, let detail, let next):
            let wasOpen = gate.reason == nil
            let context = context
            gate.lookRefused(reason, at: now) { context.delay(after: $0) }
            if wasOpen {
                isMendedByLook = true
                keep(pause: reason, "a look at job \(job.id) was refused: \(detail)")
            }
            schedule(job.id, next)
        case .landed(let landed, let took, let costIsDue):
            if costIsDue { costsDue.insert(job.id) }
            traffic.leave(job.id, job.model)
            mayClaim = true
            runTimes[job.model, default: RunTimes()].add(took ?? ContinuousClock.now - job.acceptedAt)
            bell.ring()
            if takesFetch(job.id) { await fetch(job.id, landed) }
            return
        case .over: forget(job.id)
        case nil:
            // A person was quicker, the store refused, or jobd stops: the database says how the job stands.
            forget(job.id)
            steered.insert(job.id)
        }
        await release(job.id)
    }

    /// One request that is to be asked for later waits alone. Where several in a row say so, the service has
    /// too much to do.
    private func heed(_ wait: Duration, of id: Int64) {
        askedToWait.insert(id)
        if askedToWait.count >= Self.fewestAskedToWait { leaveAlone(for: wait) }
    }

    /// Keeps count of how the service and the account answer.
    func mend(_ finding: Looking.Finding?, of id: Int64) async {
        switch finding {
        case .again, .landed, .over, .unknown, .noWord:
            barred.remove(id)
            askedToWait = []
            let before = gate.reason
            if let guilty = gate.lookAnswered({ isClaiming || active.contains($0) }) { blame(guilty) }
            if before != nil, gate.reason == nil { endPauses() }
            guard isMendedByLook, gate.reason == .token else { return }
            gate.reset()
            mayClaim = true
            endPauses()
        case .trouble: break
        case .account: barred.insert(id)
        case nil: barred.remove(id)
        }
    }

    /// More jobs than files at once, so that no place for a file is free while a job is being put down.
    private var mostFetches: Int { 2 * context.configuration.parallelDownloads }

    /// Whether the job may be fetched now; else it waits for its turn.
    private func takesFetch(_ id: Int64) -> Bool {
        guard fetches < mostFetches else {
            toFetch.append(id)
            return false
        }
        fetches += 1
        return true
    }

    /// Fetches a job, and after it those that wait.
    private func fetch(_ first: Int64, _ landed: Landed? = nil) async {
        defer { fetches -= 1 }
        await fetchOne(first, landed)
        while !isStopping, fetches <= mostFetches, !toFetch.isEmpty {
            await fetchOne(toFetch.removeFirst())
        }
    }

    private func fetchOne(_ id: Int64, _ landed: Landed? = nil) async {
        let fetching = Fetching(
            recorder: Recorder(store: store, context: context), context: context, places: places,
            costIsDue: costsDue.contains(id))
        // A task of its own, since a person may give the job up.
        let known = fetchProgress[id] ?? .init()
        let task = Task { try await fetching.fetch(id, landed, known) }
        fetchTasks[id] = task
        do {
            let (next, progress) = try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
            if case .after = next {
                fetchProgress[id] = progress
                schedule(id, next)
            } else {
                endFetch(id)
            }
        } catch {
            if !isStopping, !task.isCancelled { context.log.warning("job \(id) is not as it was: \(error)") }
            endFetch(id)
            steered.insert(id)
        }
        fetchTasks[id] = nil
        await release(id)
    }

    /// A person does without what has not come.
    func stopFetching(_ job: Job) {
        if let task = fetchTasks[job.id] {
            context.log.info("job \(job.id) was given up")
            task.cancel()
        } else if !active.contains(job.id) {
            agenda.put(job.id, at: now)
        }
    }

    private func endFetch(_ id: Int64) {
        fetchProgress[id] = nil
        costsDue.remove(id)
        forget(id)
    }

    func schedule(_ id: Int64, _ next: NextLook) {
        guard case .after(let wait) = next else { return }
        agenda.put(id, at: now + wait.wholeMilliseconds, in: lane(of: id))
    }

    /// The job is no longer followed.
    func forget(_ id: Int64) {
        guard let job = followed.removeValue(forKey: id) else { return }
        barred.remove(id)
        elsewhere.jobs[id] = nil
        for origin in unknowns.keys { unknowns[origin]?.forget(job.requestID) }
        traffic.leave(id, job.model)
        mayClaim = true
    }

    /// A task is done with the job. What others did to it meanwhile is taken up now.
    func release(_ id: Int64) async {
        active.remove(id)
        if steered.remove(id) != nil, !isStopping {
            do {
                let job = try await store.read { try $0.find(id) }
                if let job, job.state.isFollowed {
                    follow(job, after: followed[id] == nil ? .seconds(1) : .zero)
                } else if !active.contains(id) {
                    forget(id)
                }
            } catch {
                context.log.error("job \(id) cannot be read: \(error)")
                agenda.put(id, at: now + 1000)
            }
        }
        bell.ring()
    }
}
