package import JobModel
internal import JobStore

/// What became of orders, one after the other: neighbours are kept as one run, so that a million take a few
/// bytes.
package struct EnqueuedRuns {
    package struct Run {
        package var ids: ClosedRange<Int64>
        package let existing: Bool
    }

    package private(set) var runs: [Run] = []
    private var added = 0
    private var existing = 0
    private var differing = 0
    /// What the new ones come to, where that was counted.
    package internal(set) var bought = Estimate()

    package var summary: String {
        var text = "enqueued \(added)"
        if existing > 0 { text += ", \(existing) were there already by their keys" }
        if differing > 0 { text += ", \(differing) of them with another input" }
        return text
    }

    package var ids: [Int64] { runs.flatMap { Array($0.ids) } }
    package var existingIDs: Set<Int64> { Set(runs.filter(\.existing).flatMap(\.ids)) }
    package var hasExisting: Bool { existing > 0 }

    /// What is to be said of `job`, where it is the only one; nil for a new one.
    package func note(on job: Job) -> String? {
        guard hasExisting else { return nil }
        return "job \(job.id) has the key \"\(job.key ?? "")\" already; nothing was added"
            + (differing > 0 ? ", although its input differs" : "")
    }

    /// Adds one job to the store. Answers whether it is new.
    mutating func insert(_ job: NewJob, in store: JobDatabase) throws -> Bool {
        let entry = try store.insert(job)
        if entry.existing { existing += 1 } else { added += 1 }
        if entry.existing, try store.find(entry.id).map(job.differs) ?? false { differing += 1 }
        if let last = runs.last, last.existing == entry.existing, last.ids.upperBound + 1 == entry.id {
            runs[runs.count - 1].ids = last.ids.lowerBound...entry.id
        } else {
            runs.append(Run(ids: entry.id...entry.id, existing: entry.existing))
        }
        return !entry.existing
    }
}
