internal import JSON
internal import JobModel
internal import JobStore

/// Writes to the store, and tries again until it succeeds: a full disk or a locked database delays a job, and
/// loses nothing.
struct Recorder: Sendable {
    let store: JobStore
    let context: WorkerContext
    /// For how long it keeps trying after a stop, for what must not be lost.
    var patienceAfterStop = Duration.zero

    /// Somebody else has changed the job meanwhile.
    struct Overtaken: Error, CustomStringConvertible {
        var description: String { "somebody else has changed it" }
    }

    /// jobd stops, and the store cannot be written.
    struct GivenUp: Error, CustomStringConvertible {
        let what: String
        let description: String
    }

    /// - Parameter job: the job that `body` will look for, if it looks for one.
    /// - Returns: what `body` returns. Throws only `Overtaken`, `StoreError.refused` or `GivenUp`.
    func write<Value: Sendable>(
        _ what: String, of job: Int64? = nil, _ body: @escaping @Sendable (JobDatabase) throws -> Value
    ) async throws -> Value {
        var failures = 0
        var end: ContinuousClock.Instant?
        while true {
            do {
                return try await store.write(of: job, body)
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
                    // A stop ends the wait: it is tried again at once.
                    try? await Task.sleep(for: context.delay(after: failures))
                }
            }
        }
    }

    /// Writes the trouble with a job, or with one of its outputs, into its history.
    func note(_ trouble: String, of job: Int64, output position: Int64?) {
        store.post { database in
            var detail: JSONObject = ["message": .string(trouble)]
            if let position { detail = ["position": .integer(position), "message": .string(trouble)] }
            try database.append(.fault, detail, job: job, at: database.now)
        }
    }
}
