internal import CommandLineTool
internal import JobModel
internal import JobStore

/// Which jobs a verb looks at that changes nothing in them: ids, a filter, or all. They are visited, never
/// collected.
struct JobChoice {
    static let options: [Option] =
        Selection.filterOptions + [
            .since
        ]

    private let ids: [Int64]?
    private let filter: JobFilter

    init(_ session: Session, _ store: JobDatabase) throws {
        var filter = try Selection.filter(session)
        filter.since = try session.moment(.since, .ago)
        self.filter = filter
        if session.arguments.operands.isEmpty {
            ids = nil
        } else {
            guard filter.isEmpty else { throw Failure.usage("give ids, or a filter, not both") }
            ids = try Selection(session, store, states: []).ids
        }
    }

    var isEverything: Bool { ids == nil && filter.isEmpty }

    func forEach(in store: JobDatabase, _ visit: (Job) throws -> Void) throws {
        guard let ids else { return try store.forEach(filter, visit: visit) }
        for id in ids {
            guard let job = try store.find(id) else { throw Failure(.no, "no job \(id)") }
            try visit(job)
        }
    }
}
