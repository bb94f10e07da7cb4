internal import CommandLineTool
internal import Glibc
internal import JSON
internal import JobModel
internal import JobStore

/// `jobctl watch` without a terminal to draw on: a line for each event, or an object for each change.
struct WatchStream {
    let session: Session
    let store: JobDatabase
    let scope: WatchScope

    /// How many of the running jobs an object names.
    private static let jobsNamed = 100

    func run() throws -> ExitCode {
        session.waitOut(store)
        return try session.wantsJSON ? snapshots() : events()
    }

    /// Waits a moment. Returns false if nobody reads the output any longer.
    private func pause(_ milliseconds: Int32) -> Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return unsafe poll(&output, 1, milliseconds) <= 0
    }

    private func events() throws -> ExitCode {
        session.noteIfNoDaemon(store, "nothing moves until it runs")
        var last = try store.lastEventID()
        while true {
            let version = try store.version()
            let batch = try store.events(after: last, limit: 1000)
            for event in batch {
                last = event.id
                if try isMeant(event) { try print(event) }
            }
            try session.screen.flush()
            if !batch.isEmpty { continue }
            while try !store.hasChanged(since: version) {
                guard pause(100) else { return .success }
            }
        }
    }

    private func isMeant(_ event: StoredEvent) throws -> Bool {
        if scope.isEverything { return true }
        guard let id = event.jobID else { return false }
        if !scope.ids.isEmpty { return scope.ids.contains(id) }
        guard let job = try store.find(id) else { return false }
        return scope.filter.matches(job)
    }

    private func print(_ event: StoredEvent) throws {
        let screen = session.screen
        if session.isQuiet {
            if let id = event.jobID { try screen.write("\(id)\n") }
            return
        }
        let words = SafeText.escape(event.words)
        guard screen.isTerminal else {
            let job = event.jobID.map { String($0) } ?? "-"
            return try screen.write("\(event.at)\t\(job)\t\(words)\n")
        }
        let job = event.jobID.map { "job \($0) " } ?? ""
        let line = "\(TimeText.local(event.at.milliseconds).suffix(8))  \(job)\(words)"
        try screen.write(DisplayWidth.cut(line, to: screen.width) + "\n")
    }

    private func snapshots() throws -> ExitCode {
        let reader = try session.patiently { try WatchReader(store, scope) }
        while true {
            try session.emit(try session.patiently { try object(reader) })
            try session.screen.flush()
            let start = ContinuousClock.now
            while try !session.patiently(reader.hasNews) || ContinuousClock.now - start < .seconds(1) {
                guard pause(100) else { return .success }
            }
            _ = try session.patiently { try reader.refresh() }
        }
    }

    private func object(_ reader: WatchReader) throws -> JSON {
        let snapshot = reader.snapshot
        let states = { (states: [JobState]) -> JSON in
            .object(JSONObject(states.map { .init(key: $0.rawValue, value: .integer(snapshot.count($0))) }))
        }
        let running = snapshot.groups.filter { WatchView.running.shows($0.state) }.flatMap(\.ids)
        let facts = try reader.facts(of: Array(running.prefix(Self.jobsNamed)))
        let daemons = JSONObject(snapshot.facts.daemonMembers)
        return .object([
            "at": .string(snapshot.now.description),
            "jobd": daemons["jobd"] ?? .null, "jobds": daemons["jobds"] ?? .null,
            "states": states(JobState.allCases.filter { !$0.hasEnded }),
            (snapshot.isNarrowed ? "ended" : "ended_last_hour"): states(JobState.allCases.filter(\.hasEnded)),
            "pauses": snapshot.facts.pausesJSON,
            "troubles": snapshot.facts.troublesJSON,
            "attention": Attention(snapshot.facts, now: snapshot.now).json,
            "completed_a_minute": .optional(snapshot.rates.completed),
            "sent_a_minute": .optional(snapshot.rates.sent),
            "bytes_a_second": .integer(snapshot.rates.bytesASecond),
            "jobs": .array(running.prefix(Self.jobsNamed).compactMap { facts[$0] }.map { job($0, snapshot) }),
        ])
    }

    private func job(_ facts: WatchFacts, _ snapshot: WatchSnapshot) -> JSON {
        let job = facts.job
        let download = facts.outputs.isEmpty ? nil : DownloadProgress(facts.outputs)
        func seconds(_ span: Duration?) -> JSON {
            .optional(span.map { Double($0.wholeMilliseconds) / 1000 })
        }
        return .object([
            "id": .integer(job.id), "state": .string(job.state.rawValue), "model": .string(job.model),
            "label": .optional(job.label), "elapsed_s": seconds(job.submittedAt.map { snapshot.now - $0 }),
            "expected_s": seconds(snapshot.expected(job)), "queue_position": .optional(job.queuePosition),
            "fetched": .optional(download?.fetched), "bytes": .optional(download?.total),
        ])
    }
}
