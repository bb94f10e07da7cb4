internal import Catalogue
internal import CommandLineTool
internal import JSON
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
    /// What is new, if that was asked for.
    private var news = News()
    /// Jobs that were cancelled because what they waited for is made anew.
    private var replaced: [Int64] = []
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
        text += news.words
        if !replaced.isEmpty {
            text += "; cancelled, because a source is made anew: \(JobIDs.counted(replaced))"
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

    /// Cancels a job that was never sent, and what waits for it: another one takes its place.
    mutating func replace(_ old: Job, in store: JobDatabase) throws {
        guard case .done(_, let others) = try store.steer(old.id, .cancel) else {
            throw Failure(.no, "job \(old.id) waits for a job that is made anew, and cannot be cancelled")
        }
        replaced += [old.id] + others
    }

    /// Adds one job to the store. Returns whether it is new.
    mutating func insert(
        _ job: NewJob, of copy: JobCopy?, in store: JobDatabase, change: String?
    ) throws -> Bool {
        let entry = try store.insert(job)
        if let copy { copies[copy.original] = entry.id }
        if entry.existing { existing += 1 } else { news.add(change) }
        if entry.existing, let stored = try store.find(entry.id), job.differs(from: stored) { differing += 1 }
        if let last = ranges.last, last.existing == entry.existing, last.ids.upperBound + 1 == entry.id {
            ranges[ranges.count - 1].ids = last.ids.lowerBound...entry.id
        } else {
            ranges.append(Range(ids: entry.id...entry.id, existing: entry.existing))
        }
        return !entry.existing
    }
}

extension NewJob {
    /// Whether `stored`, which has the same key, asks for something else.
    fileprivate func differs(from stored: Job) -> Bool {
        if stored.model != model { return true }
        if stored.input.isExactly(input) { return false }
        guard let old = try? JSON(parsing: stored.input), let new = try? JSON(parsing: input) else {
            return true
        }
        return old.meaning != new.meaning
    }
}

extension JobIDs {
    /// `1 job: 12`, `40 jobs: 1-40`, or only how many if naming them takes too many words.
    package static func counted(_ ids: some Collection<Int64>) -> String {
        NumberText.of(ids.count, "job") + (text(of: ids).map { ": \($0)" } ?? "")
    }
}

/// What is new about the first of the new jobs of a batch: `; new: shot-4 (prompt)`.
package struct News {
    private var changes: [String] = []
    private static let most = 20

    package init() {}

    package mutating func add(_ change: String?) {
        if let change, changes.count <= Self.most { changes.append(change) }
    }

    package var words: String {
        if changes.isEmpty { return "" }
        return "; new: " + changes.prefix(Self.most).joined(separator: ", ")
            + (changes.count > Self.most ? ", …" : "")
    }
}
