internal import Catalogue
internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// Jobs that are made together, from templates and what is varied in each: all of them, or none.
struct Order {
    struct Item {
        var job: NewJob
        let input: JSON
        let schema: Schema?
        /// What sets it apart from its neighbours: `resolution=2K seed=7`.
        let variant: String
    }

    private(set) var items: [Item] = []
    /// Whether several were asked for, though it may be one.
    let isVaried: Bool

    /// A fault that many jobs have is told once, and a thousand different ones need not be.
    private static let mostFaults = 20

    init(
        _ templates: [Template], _ matrix: Matrix, _ options: OrderOptions, _ draft: inout JobDraft
    ) throws {
        isVaried = matrix.isGiven || templates.count > 1
        var plans: [(template: Template, schema: Schema?, variations: Variations)] = []
        var count = 0
        for template in templates {
            let schema = try draft.schema(of: template.model)
            let variations = try matrix.variations(of: template, schema)
            let (sum, isTooLarge) = count.addingReportingOverflow(variations.count ?? .max)
            guard !isTooLarge, sum <= Variations.most else { throw Self.tooMany(isTooLarge ? nil : sum) }
            count = sum
            plans.append((template, schema, variations))
        }
        let seedless = plans.filter { $0.variations.repetitions > 1 && $0.variations.seeds == nil }
        for model in Set(seedless.map(\.template.model)).sorted() {
            draft.session.note("note: no seed is known of \(model), so its repeated jobs are equal")
        }
        items.reserveCapacity(count)
        for plan in plans {
            for number in 0..<(plan.variations.count ?? 0) {
                items.append(Self.item(plan.template, plan.variations.changes(at: number), plan.schema))
            }
        }
        try check(options, &draft)
        for index in items.indices {
            options.apply(to: &items[index].job)
            if let key = options.key, isVaried { items[index].job.key = "\(key)-\(index + 1)" }
        }
    }

    private static func tooMany(_ count: Int?) -> Failure {
        .usage(
            "that would be \(count.map(String.init) ?? "countless") jobs; at most \(Variations.most) at once",
            hint: "--matrix multiplies: every value with every other, times --repeat")
    }

    private static func item(
        _ template: Template, _ changes: [JSONObject.Member], _ schema: Schema?
    ) -> Item {
        var object = template.input
        for change in changes { object[change.key] = change.value }
        let input = JSON.object(object)
        var job = NewJob(model: template.model, input: input.text)
        (job.label, job.priority) = (template.label, template.priority)
        let origin = template.origin.map { [$0] } ?? []
        let variant = origin + changes.map { "\($0.key)=\($0.value.string ?? $0.value.text)" }
        return Item(job: job, input: input, schema: schema, variant: variant.joined(separator: " "))
    }

    /// Holds every input against its schema, and says every violation, by job and path.
    private mutating func check(_ options: OrderOptions, _ draft: inout JobDraft) throws {
        if items.count == 1 {
            return items[0].job.validation = try draft.validation(
                items[0].job.model, items[0].input, validates: options.validates)
        }
        var faults: [ExactText] = []
        var places: [ExactText: [Int]] = [:]
        for (index, item) in items.enumerated() {
            items[index].job.validation = options.validates ? .passed : .waived
            for violation in item.schema?.violations(in: item.input) ?? [] {
                let fault = ExactText(violation.description)
                if places[fault] == nil {
                    if faults.count == Self.mostFaults { continue }
                    faults.append(fault)
                }
                places[fault, default: []].append(index)
            }
        }
        if faults.isEmpty { return }
        var lines = faults.map { "  \(place(places[$0] ?? [])): \(SafeText.escape($0.text))" }
        if faults.count == Self.mostFaults { lines.append("  and perhaps more") }
        guard options.validates else { return draft.noteWaived(lines) }
        throw Failure(
            .inputRefused,
            "nothing was enqueued: inputs break the schema of their model:\n"
                + lines.joined(separator: "\n"), hint: "--no-validate sends them anyway")
    }

    /// The jobs that have a fault, as a person finds them in the command.
    private func place(_ indices: [Int]) -> String {
        if indices.count == items.count { return "every job" }
        let named = indices.prefix(3).map { index in
            let variant = SafeText.escape(DisplayWidth.cut(items[index].variant, to: 50))
            return "job \(index + 1)" + (variant.isEmpty ? "" : " (\(variant))")
        }
        let more = indices.count > 3 ? " and \(indices.count - 3) more" : ""
        return named.joined(separator: ", ") + more
    }
}
