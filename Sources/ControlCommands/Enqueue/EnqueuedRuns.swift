internal import JobStore

/// What became of the jobs of an order, in their order: neighbours are kept as one run, so that a million
/// take a few bytes.
struct EnqueuedRuns {
    struct Run {
        var ids: ClosedRange<Int64>
        let existing: Bool
    }

    private(set) var runs: [Run] = []
    private var added = 0
    private var existing = 0
    private var differing = 0

    var summary: String {
        var text = "enqueued \(added)"
        if existing > 0 { text += ", \(existing) were there already by their keys" }
        if differing > 0 { text += ", \(differing) of them with another input" }
        return text
    }

    /// Adds one job to the store, inside a transaction of the caller's. Answers whether it is new.
    @discardableResult
    mutating func insert(_ job: NewJob, in store: JobDatabase) throws -> Bool {
        let entry = try store.insert(job)
        let holder = entry.existing ? try store.find(entry.id) : nil
        append(entry, differs: holder.map(job.differs) ?? false)
        return !entry.existing
    }

    private mutating func append(_ entry: Enqueued, differs: Bool) {
        if entry.existing { existing += 1 } else { added += 1 }
        if differs { differing += 1 }
        if let last = runs.last, last.existing == entry.existing, last.ids.upperBound + 1 == entry.id {
            runs[runs.count - 1].ids = last.ids.lowerBound...entry.id
        } else {
            runs.append(Run(ids: entry.id...entry.id, existing: entry.existing))
        }
    }
}
