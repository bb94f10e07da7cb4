internal import CommandLineTool
package import JobModel
internal import JobStore

/// What became of orders. Consecutive ids are kept as a range, so that a million of them take a few bytes.
package struct EnqueueResult {
    package struct Range {
        package var ids: ClosedRange<Int64>
        package let existing: Bool
    }

    package private(set) var ranges: [Range] = []
    private var existing = 0
    private var differing = 0
    /// What is new about the first of the new jobs, and one more, if that was asked for.
    private var changes: [String] = []
    private static let mostChanges = 20
    /// With --cascade: the jobs, by those that they are copies of.
    package private(set) var copies: [Int64: Int64] = [:]
    /// The price of the new jobs, if it was asked for.
    package internal(set) var bought = Estimate()

    /// What was done, in one line.
    package var summary: String {
        var text = "enqueued \(JobIDs.counted(ranges.lazy.filter { !$0.existing }.flatMap(\.ids)))"
        if existing > 0 {
            let words = existing == 1 ? "was there already by its key" : "were there already by their keys"
            text += "; \(NumberText.of(existing)) \(words)"
        }
        if differing > 0 { text += ", \(differing) of them with another input" }
        if !changes.isEmpty {
            text += "; new: " + changes.prefix(Self.mostChanges).joined(separator: ", ")
            if changes.count > Self.mostChanges { text += ", …" }
        }
        return text
    }

    package var ids: some Collection<Int64> { ranges.lazy.flatMap(\.ids) }
    package var existingIDs: Set<Int64> { Set(ranges.filter(\.existing).flatMap(\.ids)) }
    package var hasExisting: Bool { existing > 0 }

    /// A note on `job`, if it is the only one; nil if it is new.
    package func note(on job: Job) -> String? {
        guard hasExisting else { return nil }
        return "job \(job.id) already has the key \"\(job.key ?? "")\"; nothing was added"
            + (differing > 0 ? ", although its input differs" : "")
    }

    /// Adds one job to the store. Returns whether it is new.
    mutating func insert(
        _ job: NewJob, of copy: JobCopy?, in store: JobDatabase, change: String?
    ) throws -> Bool {
        let entry = try store.insert(job)
        if let copy { copies[copy.original] = entry.id }
        if entry.existing { existing += 1 }
        if !entry.existing, let change, changes.count <= Self.mostChanges { changes.append(change) }
        if entry.existing, try store.find(entry.id).map(job.differs) ?? false { differing += 1 }
        if let last = ranges.last, last.existing == entry.existing, last.ids.upperBound + 1 == entry.id {
            ranges[ranges.count - 1].ids = last.ids.lowerBound...entry.id
        } else {
            ranges.append(Range(ids: entry.id...entry.id, existing: entry.existing))
        }
        return !entry.existing
    }
}

extension JobIDs {
    /// `1 job: 12`, `40 jobs: 1-40`, or only how many if naming them takes too many words.
    package static func counted(_ ids: some Collection<Int64>) -> String {
        NumberText.of(ids.count, "job") + (text(of: ids).map { ": \($0)" } ?? "")
    }
}
