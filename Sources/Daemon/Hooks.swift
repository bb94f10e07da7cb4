internal import Configuration
internal import Glibc
internal import HTTP
internal import JSON
internal import JobModel
internal import JobStore
internal import System
internal import Worker

/// Tells other programs what happened: `on_finish` for each job that ended, `on_attention` for what needs a
/// person.
///
/// The events are the queue, and a mark says how far they were told: after a crash the last ones may come
/// again.
actor Hooks {
    private static let mark = "hooks"
    private static let mostAtOnce = 4

    private let store: JobStore
    private let log: LogWriter
    private let wakeSignal = WakeSignal()
    private var configuration: Configuration
    private var isEnding = false
    private var tellsAll = false

    init(_ store: JobStore, _ configuration: Configuration, _ log: LogWriter) {
        self.store = store
        self.configuration = configuration
        self.log = log
    }

    nonisolated func wake() { wakeSignal.wake() }

    func reload(_ configuration: Configuration) {
        self.configuration = configuration
        wakeSignal.wake()
    }

    /// Ends `run`. What is not told by then is told by the next jobd, unless `all` of it is to be told first.
    func finish(all: Bool) {
        isEnding = true
        tellsAll = all
        wakeSignal.wake()
    }

    func run() async {
        while true {
            if configuration.onFinish != nil || configuration.onAttention != nil {
                do { while !isEnding || tellsAll, try await tellSome() {} } catch {
                    log.write(.error, "on_finish and on_attention wait: \(error)")
                }
            }
            if isEnding { return }
            await wakeSignal.wait(until: nil)
        }
    }

    /// Tells the next few events. Answers false where there is none.
    private func tellSome() async throws -> Bool {
        let (mark, events) = try await store.write { database in
            let mark = try database.mark(Self.mark)
            return (mark, try database.hookEvents(after: mark, limit: Self.mostAtOnce))
        }
        guard let last = events.last else { return false }
        await withTaskGroup { group in
            for event in events { group.addTask { await self.tell(event) } }
        }
        try await store.write { try $0.setMark(Self.mark, max(mark, last.id)) }
        return true
    }

    private func tell(_ event: StoredEvent) async {
        guard let words = event.kind == .ended ? configuration.onFinish : configuration.onAttention else {
            return
        }
        var message = JSONObject()
        if let id = event.jobID,
            let job = try? await store.read({ try $0.find(id)?.json(outputs: try $0.outputs(of: id)) })
        {
            message = job.object ?? message
        }
        message.members +=
            JSONObject(dictionaryLiteral: ("delivery", .integer(event.id)), ("event", event.json)).members
        let fault = await HookCommand(words: words).run(input: Array((JSON.object(message).text + "\n").utf8))
        if let fault { log.write(.warning, "\(words[0]) for event \(event.id): \(fault)") }
    }
}
