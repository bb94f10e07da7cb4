internal import Calendar
internal import Configuration
internal import JobModel
internal import JobStore
internal import ObjectStorage
internal import Outputs
internal import Policy
internal import Startup
internal import System
internal import Worker

/// Finishes what the object storage leaves to be done: removes local files whose objects have taken their
/// place, objects whose outputs were pruned, and what crashes have left of uploads. What there is to do is on
/// record, so neither a crash nor an outage loses it.
actor StorageUpkeep: BackgroundTask {
    private let services: Services
    private let store: JobStore
    let wakeSignal = WakeSignal()
    var configuration: Configuration
    var isEnding = false
    private var failures = 0
    private var hasBegun = false
    /// When to look for what crashes have left of uploads.
    private var nextAborts = ContinuousClock.now
    /// What waits for the network, and must not delay a stop.
    private var call: Task<StorageFault?, Never>?

    private static let batch = 100
    /// Uploads take hours at most. A younger one may be that of another jobd.
    private static let oldestUpload: Int64 = 86_400_000

    init(_ services: Services, _ store: JobStore, _ configuration: Configuration) {
        (self.services, self.store, self.configuration) = (services, store, configuration)
    }

    func finish() {
        isEnding = true
        call?.cancel()
        wake()
    }

    func run() async {
        while true {
            // Without a storage, only a crash can have left something.
            if configuration.storage.url != nil || !hasBegun {
                do { try await removeFiles() } catch {
                    services.log.write(.warning, "moved files are not removed yet: \(error)")
                }
            }
            if isEnding { return }
            let fault = await cleanStorage()
            services.troubles.note(.storage, fault.map { "objects cannot be removed: \($0)" })
            failures = fault == nil ? 0 : failures + 1
            if isEnding { continue }
            let retry = RetryPolicy(shortest: configuration.retryMin, longest: configuration.retryMax)
            let wait = fault.map { fault in
                retry.delay(after: failures, chance: .random(in: 0..<1), asked: fault.retryAfter)
            }
            let next = configuration.storage.url == nil ? nil : nextAborts
            await wakeSignal.wait(until: wait.map { .now + $0 } ?? next)
        }
    }

    /// The record already says that they are in the storage.
    private func removeFiles() async throws {
        let places = OutputPlaces(services.directory, configuration)
        let folders = places.folders.map(\.path)
        while case let outputs = try await store.read({
            try $0.leavingOutputs(in: folders, limit: Self.batch)
        }), !outputs.isEmpty {
            var removed: [String: OutputFile] = [:]
            for output in outputs {
                // After a crash, the name may have been given to another file.
                let isOwn = try await store.read { database in
                    try output.path.map { try !database.isAnothers(path: $0, than: output) } ?? false
                }
                guard isOwn, let path = output.path, case let file = places.file(path), !file.isOutside else {
                    continue
                }
                // It may be gone already: jobd may have ended between its removal and the sync.
                _ = try file.remove()
                removed[PathParts(path).directory] = file
            }
            // Otherwise a power cut could bring back files that no record names.
            for file in removed.values { try file.syncRemoval() }
            try await store.write { database in
                for output in outputs { try database.noteGone(output) }
            }
        }
    }

    private func cleanStorage() async -> StorageFault? {
        guard let storage = services.storage(configuration) else {
            hasBegun = true
            return nil
        }
        let (store, aborts) = (store, nextAborts <= .now)
        if aborts { nextAborts = .now + .milliseconds(Self.oldestUpload) }
        hasBegun = true
        let call = Task { () -> StorageFault? in
            do {
                while case let objects = try await store.read({ try $0.removedObjects(limit: Self.batch) }),
                    !objects.isEmpty
                {
                    for object in objects {
                        try await storage.remove(object)
                        try await store.write { try $0.forget(object) }
                    }
                }
                // Not every storage can list them, and nothing depends on it. It is tried again in a day.
                if aborts { try? await Self.abortOldUploads(storage) }
                return nil
            } catch let fault as StorageFault { return fault == .cancelled ? nil : fault } catch {
                return .unavailable("\(error)")
            }
        }
        self.call = call
        return await call.value
    }

    private static func abortOldUploads(_ storage: ObjectStorage) async throws(StorageFault) {
        for upload in try await storage.partialUploads(storage.location.name("")) {
            guard let begun = upload.begun.flatMap({ WrittenTime($0)?.milliseconds }),
                Timestamp.now.milliseconds - begun > oldestUpload
            else { continue }
            try await storage.abort(upload)
        }
    }
}
