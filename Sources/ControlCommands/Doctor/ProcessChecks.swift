internal import CommandLineTool
internal import Glibc
internal import JobModel
internal import JobStore
internal import System

/// Who holds the lock, whether jobd runs, what pauses it, and its systemd unit.
struct ProcessChecks {
    let directory: StateDirectory
    let store: JobDatabase?

    func all() -> [Diagnosis] {
        let daemons = SharingChecks(store)?.all(waiting: waitingJobs()) ?? [daemon()]
        return daemons + troubles() + pauses() + [unit()].compactMap(\.self)
    }

    private func troubles() -> [Diagnosis] {
        // The log is checked with the database, the space with the state directory.
        let known: [Trouble.Kind] = [.log, .space]
        let troubles =
            (try? store?.runningDaemons())?.troubles ?? StateLock.daemon(of: directory)?.troubles ?? []
        return troubles.filter { !known.contains($0.kind) }.map { trouble in
            .fault("trouble", "\(trouble.kind.words): \(trouble.detail)", trouble.hint)
        }
    }

    private func daemon() -> Diagnosis {
        guard let holder = StateLock.holder(of: directory) else {
            let waiting = waitingJobs()
            return .warning(
                "jobd", "not running" + (waiting > 0 ? "; unfinished: \(NumberText.of(waiting, "job"))" : ""),
                "systemctl start jobd, or: jobd")
        }
        guard holder.name == "jobd" else {
            return .ok(
                "jobd", "not running; \(holder.name) (pid \(holder.processID)) holds the lock for a moment")
        }
        guard let since = holder.since else { return .ok("jobd", "is running, pid \(holder.processID)") }
        let uptime = TimeText.span(milliseconds: UInt64(max(0, (Timestamp.now - since).wholeMilliseconds)))
        return .ok("jobd", "has been running for \(uptime), pid \(holder.processID)")
    }

    private func waitingJobs() -> Int64 {
        guard let counts = try? store?.unfinishedCounts() else { return 0 }
        return JobState.allCases.filter(\.waitsForDaemon).reduce(0) { $0 + (counts[$1] ?? 0) }
    }

    private func pauses() -> [Diagnosis] {
        ((try? store?.pauses()) ?? []).map { pause in
            .warning("submissions", pause.sentence(now: .now), pause.hint)
        }
    }

    /// Nil if there is no systemd.
    private func unit() -> Diagnosis? {
        guard unsafe access("/run/systemd/system", F_OK) == 0 else { return nil }
        let systemctl = ["systemctl"] + (directory.path == "/var/lib/jobd" ? [] : ["--user"])
        let properties = "LoadState,ActiveState,SubState,NRestarts,UnitFileState"
        guard let answer = ProgramOutput.of(systemctl + ["show", "jobd.service", "-p", properties]),
            answer.ending == .code(0)
        else { return nil }
        var values: [Substring: Substring] = [:]
        for line in answer.output.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        let state = "\(values["ActiveState"] ?? "unknown") (\(values["SubState"] ?? "unknown"))"
        if values["LoadState"] == "not-found" { return .ok("unit", "jobd.service is not installed") }
        if values["ActiveState"] == "failed" {
            return .fault(
                "unit", "jobd.service is \(state)",
                "\(systemctl.joined(separator: " ")) status jobd; journalctl -u jobd -n 50")
        }
        let restarts = values["NRestarts"].flatMap { Int($0) } ?? 0
        let summary = "jobd.service is \(state), \(values["UnitFileState"] ?? "unknown")"
        return restarts > 3
            ? .warning("unit", "\(summary), restarted \(restarts) times", "journalctl -u jobd -n 50")
            : .ok("unit", summary)
    }
}
