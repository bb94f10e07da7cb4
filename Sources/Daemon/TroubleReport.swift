internal import Configuration
internal import JobModel
internal import JobStore
internal import Worker

/// Says what troubles jobd: to jobctl through the lock's file, in the log, and to `on_attention`.
struct TroubleReport: Sendable {
    let lock: StateLock
    let store: JobStore
    let log: LogWriter
    let tasks: BackgroundTasks

    func watch(_ troubles: Troubles) async {
        troubles.whenChanged { all, changes in
            lock.tell(all)
            for change in changes { tell(change) }
        }
        await store.whenTroubled { kind, detail in troubles.note(kind, detail) }
    }

    private func tell(_ change: Troubles.Change) {
        switch change {
        case .began(let trouble):
            log.write(.warning, "\(trouble.kind.words) (\(trouble.kind.rawValue)): \(trouble.detail)")
            if trouble.kind == .store {
                // Nothing that is written now would be read.
                tasks.tell(trouble)
            } else {
                store.post { try $0.note(trouble) }
            }
        case .ended(let kind):
            log.write(.info, "\(kind.words) (\(kind.rawValue)): this is over")
            store.post { try $0.noteEnd(of: kind) }
        }
    }
}
