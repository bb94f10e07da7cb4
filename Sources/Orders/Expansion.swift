internal import Catalogue
internal import CommandLineTool
internal import JSON

/// The orders made from templates and their variations.
package struct Expansion: OrderSource {
    private let plans: [(template: Template, schema: Schema?, variations: Variations)]
    private let total: Int
    private let terms: Terms
    package let files: LocalFiles
    package let isVaried: Bool

    package var count: Int? { total }
    package var possibleChange: String { "keys became free" }

    /// Throws if an order breaks its schema, and names every violation.
    package init(
        _ templates: [Template], _ matrix: Matrix, _ terms: Terms, _ checker: Checker
    ) throws {
        var total = 0
        plans = try templates.map { template in
            let schema = try checker.schema(of: template.model)
            let variations = try matrix.variations(of: template, schema, checker)
            let (sum, isTooLarge) = total.addingReportingOverflow(variations.count ?? .max)
            guard !isTooLarge, sum <= Variations.most else {
                throw Failure.usage(
                    "that would be \(isTooLarge ? "too many" : "\(sum)") jobs; "
                        + "the limit is \(Variations.most) at once",
                    hint: "--matrix combines every value with every other, and --repeat multiplies that")
            }
            total = sum
            return (template, schema, variations)
        }
        isVaried = matrix.isGiven || templates.count > 1
        (self.total, self.terms, files) = (total, terms, checker.files)
        let seedless = plans.filter { $0.variations.repetitions > 1 && $0.variations.seeds == nil }
        for model in Set(seedless.map(\.template.model)).sorted() {
            checker.say("\(model) has no known seed, so its repeated jobs are equal")
        }
        if total == 1 {
            try forEach(checker.check)
        } else {
            try check(checker, validates: terms.validates)
        }
    }

    package func forEach(_ visit: (Order) throws -> Void) throws {
        var number = 0
        for plan in plans {
            for index in 0..<(plan.variations.count ?? 0) {
                number += 1
                let changes = plan.variations.changes(at: index)
                try visit(order(plan.template, changes, plan.schema, number).naming(files))
            }
        }
    }

    private func order(
        _ template: Template, _ changes: [JSONObject.Member], _ schema: Schema?, _ number: Int
    ) -> Order {
        var input = template.input
        for change in changes { input[change.key] = change.value }
        return template.order(
            input, schema, terms, isVaried ? number : nil,
            changes: changes.map { "\($0.key)=\($0.value.string ?? $0.value.text)" })
    }
}
