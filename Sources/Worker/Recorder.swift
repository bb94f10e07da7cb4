internal import JSON
internal import JobModel
internal import JobStore

/// Writes to the store until it is written: a full disk or a locked database delays a job, and loses nothing.
struct Recorder: Sendable {
    let store: JobStore
    let context: WorkerContext

    /// The job is not what this run takes it for: a person was quicker.
    struct Overtaken: Error {}

    /// - Returns: what `body` made. Throws `Overtaken`, `StoreError.refused`, or `CancellationError` and nothing else.
    func write<Value: Sendable>(
        _ what: String, _ body: @escaping @Sendable (JobDatabase) throws -> Value
    ) async throws -> Value {
        var failures = 0
        while true {
            do {
                return try await store.write(body)
            } catch is StaleJob {
                throw Overtaken()
            } catch StoreError.refused(let reason) {
                throw StoreError.refused(reason: reason)
            } catch {
                failures += 1
                context.log.error("\(what) cannot be recorded yet: \(error)")
                try await Task.sleep(for: context.delay(after: failures))
            }
        }
    }

    /// What stands in the way of an output, for its job's history.
    func note(_ trouble: String, of output: Output) {
        store.post { database in
            try database.append(
                .fault, ["position": .integer(output.position), "message": .string(trouble)],
                job: output.jobID, at: database.now)
        }
    }

    func record(
        _ event: JobEvent, for id: Int64, in state: JobState, outputs: [(kind: Output.Kind, url: String)] = []
    ) async throws -> Job {
        // A request that was bought must be findable even where it can never be recorded.
        var what = "job \(id)"
        if case .accepted(let requestID) = event { what += ", which is request \(requestID)," }
        return try await write(what) { try $0.record(event, for: id, in: state, outputs: outputs) }
    }
}
