internal import CommandLineTool
internal import JobModel
internal import JobStore
internal import Policy

/// What a job is made from, or what is made from it, with what stands behind that, a row each.
struct LineageTree {
    let title: String
    private let root: Int64
    private let store: JobDatabase
    private let findsUsers: Bool

    /// A chain may be a thousand jobs long, and a job may have ten thousand users.
    private static let (mostRows, mostLevels) = (20, 5)
    private static let more = "…"

    init(sourcesOf job: Int64, in store: JobDatabase) {
        (title, root, self.store, findsUsers) = ("made from", job, store, false)
    }

    init(usersOf job: Int64, in store: JobDatabase) {
        (title, root, self.store, findsUsers) = ("used by", job, store, true)
    }

    func rows() throws -> [String] {
        var rows: [String] = []
        var shown: Set<Int64> = [root]
        try add(root, level: 0, &rows, &shown)
        return rows
    }

    private func add(_ job: Int64, level: Int, _ rows: inout [String], _ shown: inout Set<Int64>) throws {
        let links =
            findsUsers ? try store.links(to: job, limit: Self.mostRows + 1) : try store.links(of: job)
        for link in links {
            guard rows.count < Self.mostRows else {
                if rows.last != Self.more { rows.append(Self.more) }
                return
            }
            let other = findsUsers ? link.jobID : link.sourceID
            let which =
                findsUsers ? "job \(link.jobID), output \(link.part.word)" : link.reference.text
            let state = try store.find(other)?.state.rawValue ?? "no longer there"
            let indentation = String(repeating: "  ", count: level)
            rows.append("\(indentation)\(which)  \(link.path)  \(state)")
            // What is there twice is followed once.
            guard level + 1 < Self.mostLevels, shown.insert(other).inserted else { continue }
            try add(other, level: level + 1, &rows, &shown)
        }
    }
}
