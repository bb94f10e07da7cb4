internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
package import JobStore

/// `rerun --cascade`: copies of jobs and of everything that was made from them. References among these jobs
/// become references among the copies.
///
/// Only the named jobs are in memory: the others are read as they are needed.
package struct Cascade: OrderSource {
    private var lineage: Lineage
    /// Of the named jobs, with their changes.
    private let templates: [Int64: Template]
    private let store: JobDatabase
    private let terms: Terms
    private let checker: Checker

    package var count: Int? { lineage.ids.count }
    package var isVaried: Bool { true }
    package var possibleChange: String { "keys became free" }
    package var files: LocalFiles { checker.files }

    /// Throws if an order breaks its schema, and names every violation.
    package init(
        _ lineage: Lineage, _ templates: [Template], in store: JobDatabase, _ terms: Terms, _ checker: Checker
    ) throws {
        (self.lineage, self.store, self.terms, self.checker) = (lineage, store, terms, checker)
        self.templates = Dictionary(
            templates.compactMap { template in template.original.map { ($0, template) } }
        ) {
            $1
        }
        try leaveOutTheBroken()
        self.lineage.notes.forEach(checker.say)
        try check(checker, validates: terms.validates)
    }

    /// One job that nobody named, and that can no longer be made, does not keep the others from being made.
    private mutating func leaveOutTheBroken() throws {
        var broken: [Int64]
        repeat {
            broken = []
            try forEach { order in
                guard let id = order.copy?.original, !lineage.named.contains(id) else { return }
                if try !checker.referenceFaults(order).isEmpty { broken.append(id) }
            }
            lineage = lineage.without(broken)
        } while !broken.isEmpty
    }

    package func forEach(_ visit: (Order) throws -> Void) throws {
        for (index, id) in lineage.ids.enumerated() {
            let order = try order(id, number: index + 1)
            try visit(order)
            checker.remember(order)
        }
    }

    private func order(_ id: Int64, number: Int) throws -> Order {
        var terms = terms
        let template: Template
        if let named = templates[id] {
            template = named
        } else {
            guard let job = try store.find(id) else { throw Failure(.no, "no job \(id)") }
            template = try Template(of: job)
            // It was set aside by a person, who has not named it.
            terms.isHeld = terms.isHeld || job.state == .held
        }
        let schema = try checker.schema(of: template.model)
        var order = try template.order(template.input, schema, terms, number).naming(checker.files)
        order.copy = JobCopy(original: id, copied: lineage.copied, typedKeys: template.typedKeys)
        return order
    }
}
