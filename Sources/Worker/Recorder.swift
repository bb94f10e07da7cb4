internal import JSON
internal import JobModel
internal import JobStore

/// Writes to the store until it is written: a full disk or a locked database delays a job, and loses nothing.
struct Recorder: Sendable {
    let store: JobStore
    let context: WorkerContext
    /// For how long it tries on after a stop, for what must not be lost: no stop waits longer for the store.
    var patienceAfterStop = Duration.zero

    /// The job is not what this run takes it for: a person was quicker.
    struct Overtaken: Error {}

    /// jobd stops, and the store cannot be written.
    struct GivenUp: Error, CustomStringConvertible {
        let what: String
        let description: String
    }

    /// - Returns: what `body` made. Throws `Overtaken`, `StoreError.refused`, or `GivenUp` and nothing else.
    func write<Value: Sendable>(
        _ what: String, _ body: @escaping @Sendable (JobDatabase) throws -> Value
    ) async throws -> Value {
        var failures = 0
        var end: ContinuousClock.Instant?
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
                if Task.isCancelled {
                    let last = end ?? .now + patienceAfterStop
                    guard .now < last else { throw GivenUp(what: what, description: "\(error)") }
                    end = last
                    await Task { try? await Task.sleep(for: .milliseconds(500)) }.value
                } else {
                    // A stop ends the wait: then it is tried once more at once.
                    try? await Task.sleep(for: context.delay(after: failures))
                }
            }
        }
    }

    /// What stands in the way of a job, or of one of its outputs, for its history.
    func note(_ trouble: String, of job: Int64, output position: Int64?) {
        store.post { database in
            var detail: JSONObject = ["message": .string(trouble)]
            if let position { detail = ["position": .integer(position), "message": .string(trouble)] }
            try database.append(.fault, detail, job: job, at: database.now)
        }
    }
}
