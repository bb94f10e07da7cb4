internal import CommandLineTool
internal import JobModel
package import JobStore

/// What a cascade copies: the jobs that were named, and what was made from them.
package struct Lineage {
    /// Oldest first, so that sources come before what is made from them.
    package let ids: [Int64]
    let named: Set<Int64>
    let copied: Set<Int64>
    private let descendants: [Descendant]
    /// Jobs whose copies their references do not allow.
    private let broken: Set<Int64>
    /// What cannot be made again, for each reason.
    private var leftOut: [(reason: String, ids: [Int64])] = []

    private static let reasons = (
        cancelled: "cancelled", pruned: "pruned", sourceless: "another source has failed or is gone",
        broken: "its references do not fit the copies"
    )

    /// - Parameter descendants: of `named`, oldest first.
    package init(of named: [Int64], _ descendants: [Descendant]) {
        self.init(of: Set(named), descendants, without: [])
    }

    /// The same without jobs that turned out to be broken, and without what was made only from them.
    func without(_ more: [Int64]) -> Lineage { Lineage(of: named, descendants, without: broken.union(more)) }

    private init(of named: Set<Int64>, _ descendants: [Descendant], without broken: Set<Int64>) {
        (self.named, self.descendants, self.broken) = (named, descendants, broken)
        var copied = named
        for job in descendants where !copied.contains(job.id) {
            // What was made only from jobs that are left out goes with them.
            guard job.sources.contains(where: { copied.contains($0.id) }) else { continue }
            let isBroken = broken.contains(job.id)
            if let reason = isBroken ? Self.reasons.broken : Self.obstacle(to: job, copied) {
                let index = leftOut.firstIndex { $0.reason == reason } ?? leftOut.count
                if index == leftOut.count { leftOut.append((reason, [])) }
                leftOut[index].ids.append(job.id)
            } else {
                copied.insert(job.id)
            }
        }
        self.copied = copied
        ids = copied.sorted()
    }

    /// Why a copy of `job` could not be made.
    private static func obstacle(to job: Descendant, _ copied: Set<Int64>) -> String? {
        switch job.obstacle {
        case .cancelled: reasons.cancelled
        case .pruned: reasons.pruned
        case nil: job.sources.contains { $0.isLost && !copied.contains($0.id) } ? reasons.sourceless : nil
        }
    }

    /// What to tell of the jobs that are left out.
    package var notes: [String] {
        leftOut.map { reason, ids in
            "not copied: \(JobIDs.text(of: ids) ?? NumberText.of(ids.count, "job")) (\(reason))"
        }
    }
}

/// That an order copies a job, together with others.
package struct JobCopy {
    package let original: Int64
    /// All jobs that are copied.
    let copied: Set<Int64>
    /// The keys of the input that were typed. References there mean what they say.
    let typedKeys: [String]
}
