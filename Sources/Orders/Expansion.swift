internal import Catalogue
internal import CommandLineTool
internal import JSON

/// The orders made from templates and their variations.
package struct Expansion: OrderSource {
    private let plans: [(template: Template, schema: Schema?, variations: Variations)]
    private let total: Int
    private let terms: Terms
    package let isVaried: Bool

    package var count: Int? { total }
    package var possibleChange: String { "keys became free" }

    /// The first faults explain enough. A fault that many jobs share counts once.
    private static let mostFaults = 20

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
        (self.total, self.terms) = (total, terms)
        let seedless = plans.filter { $0.variations.repetitions > 1 && $0.variations.seeds == nil }
        for model in Set(seedless.map(\.template.model)).sorted() {
            checker.say("\(model) has no known seed, so its repeated jobs are equal")
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

    /// Names every violation of many orders, by job and path.
    private func check(_ checker: Checker) throws {
        var found: [(fault: Failure.Fault, jobs: Int, named: [String])] = []
        var number = 0
        var cannotBeMade = false
        try forEach { order in
            number += 1
            let broken = try checker.referenceFaults(order)
            cannotBeMade = cannotBeMade || !broken.isEmpty
            let inSchema = order.schema?.violations(in: order.input, takesReferences: true) ?? []
            for violation in broken + inSchema {
                let fault = Failure.Fault(violation)
                let text = fault.description
                let index = found.firstIndex { $0.fault.description.isExactly(text) } ?? found.count
                if index == Self.mostFaults { continue }
                if index == found.count { found.append((fault, 0, [])) }
                found[index].jobs += 1
                if found[index].named.count < 3 { found[index].named.append(name(order, number)) }
            }
        }
        if found.isEmpty { return }
        var faults = found.map { fault, jobs, named in
            Failure.Fault(place: names(named, of: jobs), path: fault.path, fault.message)
        }
        if faults.count == Self.mostFaults { faults.append(.init("and perhaps more")) }
        guard terms.validates || cannotBeMade else { return checker.sayWaived(faults) }
        guard !cannotBeMade else {
            throw Failure(
                .inputRefused, "nothing was enqueued: inputs cannot be made from these jobs", faults: faults)
        }
        throw Failure(
            .inputRefused, "nothing was enqueued: inputs break the schema of their model",
            hint: "--no-validate sends them anyway", faults: faults)
    }

    private func name(_ order: Order, _ number: Int) -> String {
        let variant = SafeText.escape(DisplayWidth.cut(order.variant, to: 50))
        return "job \(number)" + (variant.isEmpty ? "" : " (\(variant))")
    }

    private func names(_ first: [String], of jobs: Int) -> String {
        if jobs == total { return "every job" }
        return first.joined(separator: ", ") + (jobs > 3 ? " and \(jobs - 3) more" : "")
    }
}
