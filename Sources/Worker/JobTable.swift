/// Jobs by their id. There may be 100,000, so each has its own memory: a dictionary of large values is partly
/// empty, and is copied when it grows. A new job shares its model's and origin's names with the others.
final class JobTable {
    private final class Entry {
        var job: RemoteJob

        init(_ job: RemoteJob) { self.job = job }
    }

    private var entries: [Int64: Entry] = [:]
    private var names: Set<String> = []

    var ids: some Collection<Int64> { entries.keys }

    subscript(id: Int64) -> RemoteJob? {
        get { entries[id]?.job }
        set {
            guard let job = newValue else { return _ = remove(id) }
            if let entry = entries[id] { entry.job = job } else { entries[id] = Entry(sharingNames(of: job)) }
        }
    }

    func remove(_ id: Int64) -> RemoteJob? {
        let job = entries.removeValue(forKey: id)?.job
        if entries.isEmpty { names = [] }
        return job
    }

    private func sharingNames(of job: RemoteJob) -> RemoteJob {
        var job = job
        job.model = names.insert(job.model).memberAfterInsert
        if let origin = job.request?.origin {
            job.request?.origin = names.insert(origin).memberAfterInsert
        }
        return job
    }
}
