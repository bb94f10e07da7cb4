internal import Catalogue
internal import CommandLineTool
internal import JSON

/// The orders that templates come to, with what is varied in each of them.
package struct Expansion: OrderSource {
    private struct Plan {
        let template: Template
        let schema: Schema?
        let variations: Variations
    }

    private let plans: [Plan]
    private let total: Int
    private let terms: Terms
    package let isVaried: Bool

    package var count: Int? { total }
    package var possibleChange: String { "keys became free" }

    /// A fault that many jobs have is told once, and a thousand different ones need not be.
    private static let mostFaults = 20

    /// Throws where an order breaks its schema, and says every violation.
    package init(
        _ templates: [Template], _ matrix: Matrix, _ terms: Terms, _ checker: Checker
    ) throws {
        var plans: [Plan] = []
        var total = 0
        for template in templates {
            let schema = try checker.schema(of: template.model)
            let variations = try matrix.variations(of: template, schema)
            let (sum, isTooLarge) = total.addingReportingOverflow(variations.count ?? .max)
            guard !isTooLarge, sum <= Variations.most else {
                throw Failure.usage(
                    "that would be \(isTooLarge ? "countless" : "\(sum)") jobs; at most \(Variations.most) at once",
                    hint: "--matrix multiplies: every value with every other, times --repeat")
            }
            total = sum
            plans.append(Plan(template: template, schema: schema, variations: variations))
        }
        isVaried = matrix.isGiven || templates.count > 1
        (self.plans, self.total, self.terms) = (plans, total, terms)
        let seedless = plans.filter { $0.variations.repetitions > 1 && $0.variations.seeds == nil }
        for model in Set(seedless.map(\.template.model)).sorted() {
            checker.say("no seed is known of \(model), so its repeated jobs are equal")
        }
        if total == 1 { try forEach(checker.check) } else { try check(checker) }
    }

    package func forEach(_ visit: (Order) throws -> Void) throws {
        var number = 0
        for plan in plans {
            for index in 0..<(plan.variations.count ?? 0) {
                number += 1
                try visit(order(plan.template, plan.variations.changes(at: index), plan.schema, number))
            }
        }
    }

    private func order(
        _ template: Template, _ changes: [JSONObject.Member], _ schema: Schema?, _ number: Int
    ) -> Order {
        var input = template.input
        for change in changes { input[change.key] = change.value }
        var terms = terms
        terms.label = terms.label ?? template.label
        terms.priority = terms.priority ?? template.priority
        if let key = terms.key, isVaried { terms.key = "\(key)-\(number)" }
        let origin = template.origin.map { [$0] } ?? []
        let variant = origin + changes.map { "\($0.key)=\($0.value.string ?? $0.value.text)" }
        return Order(
            model: template.model, input: .object(input), schema: schema, terms: terms,
            variant: variant.joined(separator: " "))
    }

    private struct Fault {
        let text: String
        var jobs = 0
        /// The first of them, as a person finds them in the command.
        var named: [String] = []
    }

    /// Says every violation of many orders, by job and path.
    private func check(_ checker: Checker) throws {
        var faults: [Fault] = []
        var indices: [ExactText: Int] = [:]
        var number = 0
        try forEach { order in
            number += 1
            for violation in order.schema?.violations(in: order.input) ?? [] {
                let text = violation.description
                let index = indices[ExactText(text)] ?? faults.count
                if index == Self.mostFaults { continue }
                if index == faults.count {
                    faults.append(Fault(text: text))
                    indices[ExactText(text)] = index
                }
                faults[index].jobs += 1
                if faults[index].named.count < 3 { faults[index].named.append(name(order, number)) }
            }
        }
        if faults.isEmpty { return }
        var lines = faults.map { "  \(place($0)): \(SafeText.escape($0.text))" }
        if faults.count == Self.mostFaults { lines.append("  and perhaps more") }
        guard terms.validates else { return checker.sayWaived(lines) }
        throw Failure(
            .inputRefused,
            "nothing was enqueued: inputs break the schema of their model:\n"
                + lines.joined(separator: "\n"), hint: "--no-validate sends them anyway")
    }

    private func name(_ order: Order, _ number: Int) -> String {
        let variant = SafeText.escape(DisplayWidth.cut(order.variant, to: 50))
        return "job \(number)" + (variant.isEmpty ? "" : " (\(variant))")
    }

    private func place(_ fault: Fault) -> String {
        if fault.jobs == total { return "every job" }
        let more = fault.jobs > 3 ? " and \(fault.jobs - 3) more" : ""
        return fault.named.joined(separator: ", ") + more
    }
}
