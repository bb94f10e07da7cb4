internal import JobModel
internal import JobStore
internal import Policy
internal import Provider
internal import System

/// The files of a job: fetched at the same time, recorded one after another.
extension JobRun {
    func performOnFiles(_ action: RemoteJob.Action) async throws -> RemoteJob.Event? {
        let id = job.id
        switch action {
        case .load:
            let (job, outputs) = try await recorder.store.read { database in
                try database.find(id).map { ($0, try database.outputs(of: id)) } ?? (nil, [])
            }
            return .loaded(job, outputs)
        case .fetch(let row, let tries): return try await fetch(row, tries)
        case .recordFile(let fetched):
            try await recorder.write("an output of job \(id)", of: id) {
                try $0.finish(fetched.output, doubt: fetched.doubt)
            }
        case .countFailure(let output, let isLast, let fresh, let reason):
            do {
                try await recorder.write("an output of job \(id)") { database in
                    try database.countFailure(of: output, isLast: isLast, fresh: fresh, reason: reason)
                }
            } catch StoreError.refused(let why) {
                // It is tried again later, as if this answer had not come.
                context.log.warning("job \(id) output \(output.position) is not recorded: \(why)")
            }
        case .clearFailures(let output): recorder.store.post { try $0.clearFailures(of: output) }
        case .removeTemporary(let output, let row): await fetcher.removeTemporary(of: output, row)
        case .loadOutputs: return .outputs(try await recorder.store.read { try $0.outputs(of: id) })
        case .writeSidecar(let row, let outputs):
            let trouble = await fetcher.writeSidecar(row, outputs)
            context.troubles.note(trouble == nil ? nil : .sidecar, trouble ?? "", job: id)
            return .sidecar(trouble: trouble)
        case .complete(let last, let cost, let moment): return try await complete(last, cost, at: moment)
        case .recordLostFiles(let last, let lost, let message):
            return try await recordLostFiles(last, lost, message)
        default: break
        }
        return nil
    }

    private func fetch(_ row: Job, _ tries: [RemoteJob.FileTry]) async throws -> RemoteJob.Event? {
        let othersDue = OthersDue(job.nextFileDue.map(host.instant))
        let (fetcher, client, troubles) = (fetcher, context.client, context.troubles)
        let request = job.isElsewhere(context.origin) ? nil : job.request?.id
        let attempt = { @Sendable (file: RemoteJob.FileTry) async -> OutputFetch.Outcome in
            let outcome = await fetcher.fetch(file.output, of: row, file.pace, othersDue)
            let failure = outcome.failure
            troubles.note(
                failure?.trouble, failure?.words ?? "", job: row.id, position: file.output.position)
            // Asked here, beside the other tries, so that a call that hangs holds up only this file.
            guard case .failed(var failure) = outcome, failure.addressIsGone, let request,
                case .succeeded(let outputs, _)? = try? await client.result(of: request, model: row.model)
            else { return outcome }
            failure.fresh = outputs.map(\.url)
            return .failed(failure)
        }
        // A task group costs too much for one file.
        if tries.count == 1 {
            try await handle(.file(attempt(tries[0]), of: tries[0].output))
        } else {
            try await withThrowingTaskGroup(of: (Output, OutputFetch.Outcome).self) { group in
                for file in tries { group.addTask { (file.output, await attempt(file)) } }
                for try await (output, outcome) in group {
                    try await handle(.file(outcome, of: output))
                    // Only this output: a job may have 10,000.
                    guard let due = job.files.progress[output.position]?.due else { continue }
                    let next = host.instant(due)
                    othersDue.withLock { $0 = min($0 ?? next, next) }
                }
            }
        }
        try Task.checkCancellation()
        return .filesTried
    }

    private func complete(_ last: OutputFetch.Fetched?, _ cost: Double?, at moment: Timestamp) async throws
        -> RemoteJob.Event?
    {
        let id = job.id
        let row = try await recorder.write("job \(id)", of: id) { database in
            if let last { try database.finish(last.output, doubt: last.doubt, at: moment) }
            if let cost { try database.note(cost: cost, of: id) }
            return try database.record(.fetched, for: id, in: .downloading, at: moment)
        }
        return .recorded(row, [])
    }

    private func recordLostFiles(_ last: OutputFetch.Fetched?, _ lost: Output, _ message: String) async throws
        -> RemoteJob.Event?
    {
        let row = try await recorder.write("job \(lost.jobID)", of: lost.jobID) { database in
            if let last { try database.finish(last.output, doubt: last.doubt) }
            let reason = try database.lastFault(of: lost.jobID, lost.position)
            let failure = JobFailure(.download, reason.map { "\(message): \($0)" } ?? message)
            return try database.record(.failed(failure), for: lost.jobID, in: .downloading)
        }
        return .recorded(row, [])
    }
}
