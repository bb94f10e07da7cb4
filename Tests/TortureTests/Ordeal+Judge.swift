import JSON
import SQL
import Scratch
import System
import Testing

/// The judge looks at three things only: the simulator's ledger, the database, and the disk.
extension Ordeal {
    private struct StoredJob {
        let id: Int64
        let state: String
        let prompt: String
        let requestID: String?
    }

    private func jobs() throws -> [StoredJob] {
        try stage.connection().all(
            "SELECT id, state, prompt, request_id FROM history JOIN jobs USING (id, state)"
        ) {
            StoredJob(id: $0.integer(0), state: $0.text(1), prompt: $0.text(2), requestID: $0.optionalText(3))
        }
    }

    /// After a crash no more jobs are in doubt than could be on the wire.
    func expectFewInDoubt(_ context: String) throws {
        let doubted = try stage.jobCount("submitting")
        #expect(doubted <= Self.mostSubmitting, "\(context)")
    }

    func expectSoundStore(_ context: String) throws {
        #expect(try stage.texts("PRAGMA integrity_check") == ["ok"], "\(context)")
        #expect(try stage.texts("SELECT \"table\" FROM pragma_foreign_key_check") == [], "\(context)")
        let known = ["jobs.db", "jobs.db-wal", "jobs.db-shm", "lock", "wake", "claims", "inputs", "outputs"]
        let strange = FileOnDisk.names(stage.state).filter { !known.contains($0) }
        #expect(strange == [], "\(context)")
    }

    /// Nothing that was answered for is lost, nothing is bought twice, and every sum is right.
    func judge(_ context: String, withSidecars: Bool = true) async throws {
        try expectSoundStore(context)
        let jobs = try jobs()
        for (id, prompt) in promised {
            #expect(jobs.contains { $0.id == id && $0.prompt == prompt }, "job \(id) is lost: \(context)")
        }
        let ended = jobs.filter { ["completed", "failed", "cancelled", "uncertain"].contains($0.state) }
        let waiting = try stage.jobCount(where: "state = 'queued' AND waits_for > 0")
        #expect(ended.count + Int(waiting) == jobs.count, "\(jobs): \(context)")
        try expectSoundChains(context)
        try expectSoundSums(context)
        for job in jobs { try judge(job, context) }
        try await judgeFiles(context, withSidecars)
    }

    private func judge(_ job: StoredJob, _ context: String) throws {
        let bought = try ledger.requests(for: job.prompt)
        let retries = try stage.number(
            "SELECT count(*) FROM events WHERE job_id = \(job.id) AND kind = 'retried'")
        #expect(bought.count <= 1 + retries, "job \(job.id) was bought twice: \(context)")
        let charges = try stage.number("SELECT count(*) FROM charges WHERE job_id = \(job.id)")
        #expect(charges >= bought.count || job.state == "uncertain", "charges of job \(job.id): \(context)")
        try expectAddresses(of: job.id, prompt: job.prompt, context)
        // What was bought is followed, unless nobody could know, or it failed and is to be bought anew.
        if job.state == "uncertain" || (job.requestID == nil && retries > 0) { return }
        #expect(job.requestID == bought.last, "job \(job.id): \(context)")
    }

    /// Every output is whole and the service's own, and nothing else is there.
    private func judgeFiles(_ context: String, _ withSidecars: Bool) async throws {
        let outputs = try storedOutputs().filter(\.isDone)
        let missing = try stage.number(
            """
            SELECT count(*) FROM jobs WHERE state = 'completed' AND (
                NOT EXISTS (SELECT 1 FROM outputs WHERE job_id = id)
                OR EXISTS (SELECT 1 FROM outputs WHERE job_id = id AND outputs.state <> 'done'))
            """)
        #expect(missing == 0, "\(context)")
        var expected: Set<String> = []
        for output in outputs {
            if output.local == nil { expected.insert(output.path) }
            try expectContent(of: output, context)
            let path = output.url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true).last
            // Booleans, as the difference of two pictures is no help to anybody.
            let isTheSame = try await content(of: output) == service.ask("/" + (path ?? ""))
            #expect(isTheSame, "\(output.path) is not the service's file: \(context)")
            guard withSidecars, let slash = output.path.lastIndex(of: "/") else { continue }
            let digits = String(String(1_000_000 + output.job).dropFirst())
            expected.insert(String(output.path[...slash]) + digits + ".json")
        }
        let completed = try stage.jobCount("completed")
        let sidecars = expected.filter { $0.hasSuffix(".json") }
        #expect(Int64(sidecars.count) == (withSidecars ? completed : 0), "\(context)")
        let strays = Set(Disk.files(stage.state + "/outputs")).symmetricDifference(expected)
        #expect(strays.isEmpty, "stray or missing files: \(context)")
        for sidecar in sidecars {
            let json = try? JSON(parsing: FileOnDisk.bytes(stage.state + "/outputs/" + sidecar) ?? [])
            #expect(json?["state"]?.string == "completed", "\(sidecar): \(context)")
        }
        try expectSoundObjects(context)
    }

    /// What a person does, who can look at the service's ledger, until all jobs have ended: uncertain ones
    /// are resolved, outputs are picked, and, if asked, failed ones are retried. The end is always the same.
    func resolveAll(_ context: String, retrying: Bool = false, settings: [String] = []) async throws {
        let open = "state NOT IN ('completed', 'cancelled')"
        // Each round reaches at least the next job of each chain.
        for _ in 0..<30 where try stage.jobCount(where: open) > 0 {
            for job in try jobs() where job.state == "uncertain" {
                try await resolve(job, context)
            }
            try await pickAll(context)
            if retrying { try await retryFailed(context) }
            _ = try await drain(settings: settings)
        }
        let left = try jobs().filter { $0.state != "completed" && $0.state != "cancelled" }
        #expect(left.isEmpty, "\(left): \(context)")
        try await judge(context)
    }

    private func resolve(_ job: StoredJob, _ context: String) async throws {
        let retries = try stage.number(
            "SELECT count(*) FROM events WHERE job_id = \(job.id) AND kind = 'retried'")
        // Of a job that was bought before and failed, the last request is the one in doubt, or it has none.
        let known = try Set(
            stage.texts(
                "SELECT json_extract(detail, '$.request_id') FROM events WHERE job_id = \(job.id) AND kind = 'accepted'"
            ))
        let bought = try ledger.requests(for: job.prompt).filter { retries == 0 || !known.contains($0) }
        let how = bought.last.map { ["--adopt", $0] } ?? ["--resubmit"]
        let program = try await jobctl(["resolve", String(job.id)] + how)
        #expect(try await program.exitCode() == 0, "\(program.errors): \(context)")
    }

    /// Failed jobs are tried again, and cancelled ones for which others wait. What waits for a job that can
    /// never be made is cancelled.
    private func retryFailed(_ context: String) async throws {
        let ids = try stage.texts(
            """
            SELECT id FROM jobs WHERE state = 'failed' OR (state = 'cancelled' AND id IN (
                SELECT source_id FROM missing_sources JOIN jobs AS j ON j.id = job_id WHERE j.ended_at IS NULL))
            """)
        for id in ids {
            let program = try await jobctl(["retry", id])
            let code = try await program.exitCode()
            if code == 1, program.errors.contains("cannot be made") {
                let waiting = try stage.texts("SELECT job_id FROM missing_sources WHERE source_id = \(id)")
                let cancel = try await jobctl(["cancel"] + waiting)
                #expect(try await cancel.exitCode() == 0, "\(cancel.errors): \(context)")
            } else {
                #expect(code == 0, "\(program.errors): \(context)")
            }
        }
    }
}
