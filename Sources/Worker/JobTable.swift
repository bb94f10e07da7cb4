/// Jobs by their id. There may be 100,000: so each has its own memory, since a dictionary of large values is
/// partly empty and is copied when it grows, and the names that many jobs have in common are kept once.
struct JobTable {
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
            guard var job = newValue else {
                entries[id] = nil
                return
            }
            if let entry = entries[id] {
                entry.job = job
            } else {
                job.model = shared(job.model)
                if let origin = job.request?.origin { job.request?.origin = shared(origin) }
                entries[id] = Entry(job)
            }
        }
    }

    mutating func remove(_ id: Int64) -> RemoteJob? { entries.removeValue(forKey: id)?.job }

    private mutating func shared(_ name: String) -> String { names.insert(name).memberAfterInsert }
}
