internal import JobModel
internal import JobStore
internal import System

/// What says which job is worked on when runs here, one step at a time.
@globalActor package actor WorkerActor {
    package static let shared = WorkerActor()
}

/// What the parts of the worker share.
@WorkerActor
final class WorkerSession {
    let store: JobStore
    /// Replaced as a whole by a reload.
    var context: WorkerContext
    let wakeSignal = WakeSignal()
    var isStopping = false
    /// Jobs whose answer could not be written before the end.
    var unrecorded: [String] = []
    private let start = ContinuousClock.now

    init(_ store: JobStore, _ context: WorkerContext) { (self.store, self.context) = (store, context) }

    /// Milliseconds of a clock that never jumps.
    var now: Int64 { (ContinuousClock.now - start).wholeMilliseconds + 1 }

    func instant(_ moment: Int64) -> ContinuousClock.Instant { start + .milliseconds(moment - 1) }
}
