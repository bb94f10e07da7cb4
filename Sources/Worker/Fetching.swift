internal import Catalogue
internal import Configuration
internal import Downloader
internal import JSON
internal import JobModel
internal import JobStore
internal import Provider

/// Fetches the outputs of one job that has finished over there, until all are on disk or one is given up.
struct Fetching: Sendable {
    let recorder: Recorder
    let context: WorkerContext
    let places: Places
    /// How often in a row this job's fetching did not come to its end.
    let failures: Int
    /// Whether the service has yet to say what the job cost.
    let costIsDue: Bool

    /// What became of one output.
    private enum Fate: Sendable {
        /// The file is where it belongs; that is yet to be recorded.
        case placed(Output)
        case later(asked: Duration?)
        case givenUp
    }

    /// - Parameter landed: the job as it was recorded just now; nil has it read.
    func fetch(_ id: Int64, _ landed: Landed? = nil) async throws -> NextLook {
        let found: Landed?
        if let landed {
            found = landed
        } else {
            found = try await recorder.store.read { database in
                try database.find(id).map { Landed(job: $0, outputs: try database.outputs(of: id)) }
            }
        }
        guard let found, found.job.state == .downloading else { return .never }
        let (job, outputs) = (found.job, found.outputs)
        let pending = outputs.filter { $0.state == .pending }
        var waits: [Duration] = []
        var last: Output?
        var answered = 0
        func take(_ fate: Fate) async throws {
            answered += 1
            switch fate {
            // The last one is recorded with the job's end, in one commit.
            case .placed(let output) where answered == pending.count && waits.isEmpty: last = output
            case .placed(let output): try await record(output)
            case .later(let asked): waits.append(asked ?? .zero)
            case .givenUp: break
            }
        }
        if pending.count == 1 {
            try await take(fate(of: pending[0], job))
        } else {
            try await withThrowingTaskGroup { group in
                for output in pending { group.addTask { await fate(of: output, job) } }
                for try await fate in group { try await take(fate) }
            }
        }
        try Task.checkCancellation()
        if let asked = waits.max() { return .after(context.delay(after: failures + 1, asked: asked)) }
        // Where one was missing and is here, it is known how all stand.
        return try await finish(job, last, pending.count == 1 && last != nil ? outputs : nil)
    }

    private func record(_ output: Output) async throws {
        try await recorder.write("an output of job \(output.jobID)") { try $0.finish(output) }
    }

    /// - Parameter known: the outputs as the database has them, where no other was worked on meanwhile.
    private func finish(_ job: Job, _ last: Output?, _ known: [Output]?) async throws -> NextLook {
        let now = Timestamp.now
        var outputs: [Output]
        if let known {
            outputs = known
        } else {
            outputs = try await recorder.store.read { try $0.outputs(of: job.id) }
        }
        if var last, let index = outputs.firstIndex(where: { $0.position == last.position }) {
            last.state = .done
            last.downloadedAt = now
            last.fetched = last.bytes ?? last.fetched
            outputs[index] = last
        }
        if outputs.contains(where: { $0.state == .pending }) {
            return .after(context.delay(after: failures + 1))
        }
        if let lost = outputs.first(where: { $0.state == .failed }) {
            let count = outputs.count { $0.state == .failed }
            let message =
                "\(count) of \(outputs.count) outputs could not be had; first number \(lost.position)"
            _ = try await recorder.write("job \(job.id)") { database in
                if let last { try database.finish(last) }
                let reason = try database.lastFault(of: job.id)
                return try database.record(
                    .failed(JobFailure(.download, reason.map { "\(message): \($0)" } ?? message)),
                    for: job.id,
                    in: .downloading)
            }
            context.log.warning("job \(job.id) failed (download): \(message)")
            return .never
        }
        let cost = try await lateCost(of: job)
        var job = job
        job.costUSD = cost ?? job.costUSD
        do throws(DownloadFailure) {
            if context.configuration.writesSidecar { try await writeSidecar(job, outputs, at: now) }
        } catch {
            // A disk's trouble is waited for, as with the outputs: nobody would write the sidecar later.
            context.log.warning("job \(job.id): its sidecar cannot be written yet: \(error)")
            if let last { try await record(last) }
            if let first = outputs.first { noteDelay(error, of: first) }
            return .after(context.delay(after: failures + 1))
        }
        _ = try await recorder.write("job \(job.id)") { [job] database in
            if let last { try database.finish(last, at: now) }
            if let cost { try database.note(cost: cost, of: job.id) }
            return try database.record(.fetched, for: job.id, in: .downloading, at: now)
        }
        context.log.info("job \(job.id) completed: \(outputs.count) \(outputs.count == 1 ? "file" : "files")")
        return .never
    }

    /// Asked once more, when everything else is done.
    private func lateCost(of job: Job) async throws -> Double? {
        guard costIsDue, job.costUSD == nil, let requestID = job.requestID, !context.isElsewhere(job.origin)
        else { return nil }
        return try await LateCost(client: context.client).ask(requestID, model: job.model)
    }

    /// The sidecar says what the row will say once it is completed.
    private func writeSidecar(_ job: Job, _ outputs: [Output], at now: Timestamp)
        async throws(DownloadFailure)
    {
        var ended = job
        guard ended.apply(.fetched, at: now), let path = outputs.first?.path else { return }
        let (root, place) = context.place(of: path)
        let folder = place.lastIndex(of: "/").map { String(place[...$0]) } ?? ""
        let text = Array((ended.json(outputs: outputs).indentedText + "\n").utf8)
        try await context.downloader.writeSidecar(
            text, root: root, path: folder + Sidecar.name(id: job.id))
    }

    private func fate(of output: Output, _ job: Job) async -> Fate {
        do {
            return try await places.use { await attempt(output, job) }
        } catch {
            return .later(asked: nil)
        }
    }

    private func attempt(_ output: Output, _ job: Job) async -> Fate {
        do throws(DownloadFailure) {
            return .placed(finished(output, try await place(output, job)))
        } catch {
            if case .cancelled = error { return .later(asked: nil) }
            context.log.warning("job \(job.id) output \(output.position): \(error)")
            // With another api_url nobody can say whether the address still holds.
            guard error.countsAsAttempt, !context.isElsewhere(job.origin) else {
                noteDelay(error, of: output)
                return .later(asked: error.retryAfter)
            }
            let isGivenUp = try? await recordFailure(error, of: output, job)
            guard isGivenUp == true else { return .later(asked: nil) }
            await removeTemporary(of: output, job)
            return .givenUp
        }
    }

    /// Whoever wonders why it takes so long finds what stands in the way: the first of a row says it.
    private func noteDelay(_ failure: DownloadFailure, of output: Output) {
        guard failures == 0 else { return }
        recorder.store.post { database in
            try database.append(
                .fault, ["position": .integer(output.position), "message": .string("\(failure)")],
                job: output.jobID, at: database.now)
        }
    }

    private func place(_ output: Output, _ job: Job) async throws(DownloadFailure) -> DownloadedFile {
        let kind = MediaKind(rawValue: output.kind.rawValue) ?? .file
        if let recorded = output.path {
            let (root, path) = context.place(of: recorded)
            // What cannot be opened there is not the file; then it is fetched again.
            let found = try? await context.downloader.adopt(
                path, root: root, kind: kind, expectedBytes: output.bytes, sha256: output.sha256)
            if var found = found ?? nil {
                found.path = recorded
                await removeTemporary(of: output, job)
                return found
            }
            if Task.isCancelled { throw .cancelled }
        }
        let order = DownloadOrder(
            url: output.url, kind: kind, root: context.outputRoot, name: context.outputName,
            fields: fields(of: output, job),
            didProgress: { fetched, total in
                // Small files are there before anybody could look at their progress.
                guard total ?? fetched > 1 << 20 else { return }
                recorder.store.post { try $0.progress(fetched, of: total, in: output.jobID, output.position) }
            },
            willRename: { file in
                try await recorder.store.write { database in
                    try database.announce(
                        path: context.recorded(file.path), bytes: file.bytes, sha256: file.sha256,
                        of: output.jobID,
                        output.position)
                }
            })
        var file = try await context.downloader.fetch(order)
        file.path = context.recorded(file.path)
        return file
    }

    /// What a download leaves that does not go on: nobody else would look for it.
    private func removeTemporary(of output: Output, _ job: Job) async {
        try? await context.downloader.removeTemporary(
            root: context.outputRoot, name: context.outputName, fields: fields(of: output, job))
    }

    private func fields(of output: Output, _ job: Job) -> OutputNameFields {
        let input = (try? JSON(parsing: job.input)) ?? .null
        let created = LocalTime(utc: job.createdAt.description)
        return OutputNameFields(
            id: job.id, index: Int(output.position),
            created: created ?? LocalTime(year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0),
            model: job.model, label: job.label,
            prompt: Schema.prompt(of: input, schema: Schema.builtIn(job.model)),
            seed: input["seed"].map { $0.string ?? $0.text }, requestID: job.requestID)
    }

    private func finished(_ output: Output, _ file: DownloadedFile) -> Output {
        var done = output
        done.path = file.path
        done.bytes = file.bytes
        done.sha256 = file.sha256
        done.kind = Output.Kind(rawValue: file.facts.kind.rawValue) ?? output.kind
        done.mediaType = file.facts.mediaType
        done.width = file.facts.width.map { Int64($0) }
        done.height = file.facts.height.map { Int64($0) }
        done.durationSeconds = file.facts.duration
        return done
    }

    /// Counts a bad answer, and asks for a fresh address where the old one has gone. Answers whether it is given up.
    private func recordFailure(_ failure: DownloadFailure, of output: Output, _ job: Job) async throws -> Bool
    {
        var fresh: [String] = []
        if case .badAnswer = failure, let requestID = job.requestID,
            case .succeeded(let outputs, _) = try await context.client.result(of: requestID, model: job.model)
        {
            fresh = outputs.map(\.url)
        }
        let limit = Int64(context.configuration.retryAttempts)
        let (urls, reason) = (fresh, "\(failure)")
        return try await recorder.write("an output of job \(job.id)") { database in
            try database.countFailure(of: output, limit: limit, fresh: urls, reason: reason)
        }
    }
}
