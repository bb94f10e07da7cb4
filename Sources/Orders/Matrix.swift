internal import Catalogue
internal import CommandLineTool
internal import JSON

/// `--matrix` and `--repeat` as typed. What they mean depends on the model's schema.
package struct Matrix {
    private let axes: [(key: String, words: [String])]
    private let repetitions: Int?

    package init(_ arguments: [String], repetitions: Int64?, _ words: inout InputWords) throws {
        axes = try arguments.map { argument in
            let key = try ArgumentReader.split(argument).key
            let alternatives = try ArgumentReader.alternatives(argument)
            let name = SafeText.escape(DisplayWidth.cut(key, to: 40))
            guard !alternatives.isEmpty, !alternatives.containsExactly("\(key)=") else {
                throw Failure.usage(
                    "--matrix \(name) has an empty value",
                    hint: "an empty text or one with a comma: --matrix '\(name):=[\"\", \"a, b\"]'")
            }
            return (key, try alternatives.map { try words.resolved($0) })
        }
        let keys = axes.map(\.key)
        for (index, key) in keys.enumerated() where keys[..<index].containsExactly(key) {
            throw Failure.usage("--matrix has \(SafeText.escape(key)) twice; give all its values at once")
        }
        self.repetitions = repetitions.map { Int($0) }
    }

    var isGiven: Bool { !axes.isEmpty || repetitions != nil }

    /// The variations of the jobs made from `template`.
    func variations(of template: Template, _ schema: Schema?, _ checker: Checker) throws -> Variations {
        guard isGiven else { return Variations() }
        if let key = axes.map(\.key).first(where: template.typedKeys.containsExactly) {
            throw Failure.usage(
                "\(SafeText.escape(key)) is given both by --matrix and by itself",
                hint: "remove one of the two")
        }
        let axes = try axes.map { key, words in
            let values = try words.flatMap { word in
                try checker.expanded(try ArgumentReader(schema: schema).read([word])[key] ?? .null)
            }
            for (index, value) in values.enumerated() where values[..<index].contains(value) {
                let text = SafeText.escape(DisplayWidth.cut(value.string ?? value.text, to: 40))
                throw Failure.usage(
                    "--matrix \(SafeText.escape(key)) has \(text) twice",
                    hint: "--repeat N makes several jobs of each value")
            }
            return (key: key, values: values)
        }
        var variations = Variations(axes: axes, repetitions: repetitions ?? 1)
        if let repetitions, variations.count.map({ $0 <= Variations.most }) == true {
            variations.seeds = try seeds(repetitions, template, schema)
        }
        return variations
    }

    private func seeds(_ count: Int, _ template: Template, _ schema: Schema?) throws -> [JSON]? {
        if axes.contains(where: { $0.key == SeedSeries.key }) {
            throw Failure.usage("--repeat and --matrix both vary the seed; give only one of them")
        }
        var generator = SystemRandomNumberGenerator()
        do throws(SeedError) {
            return try SeedSeries.seeds(
                count, from: template.input[SeedSeries.key],
                counts: !template.isCopy || template.typedKeys.contains(SeedSeries.key), schema: schema,
                using: &generator)
        } catch { throw Failure(.inputRefused, "--repeat \(count): \(error)") }
    }
}

/// What varies from job to job: every combination of values of some keys, each made several times.
///
/// The first key varies slowest, the repetitions fastest.
struct Variations {
    /// More is a typing mistake.
    static let most = 10_000

    var axes: [(key: String, values: [JSON])] = []
    var repetitions = 1
    /// One for each repetition. All combinations have the same seeds, so that they can be compared.
    var seeds: [JSON]?

    /// How many inputs they make; nil if the number overflows.
    var count: Int? {
        axes.reduce(repetitions) { product, axis in
            guard let product else { return nil }
            let (count, isTooLarge) = product.multipliedReportingOverflow(by: axis.values.count)
            return isTooLarge ? nil : count
        }
    }

    /// The keys to set in the input at `index`.
    func changes(at index: Int) -> [JSONObject.Member] {
        var rest = index / repetitions
        var changes: [JSONObject.Member] = []
        for axis in axes.reversed() {
            changes.append(.init(key: axis.key, value: axis.values[rest % axis.values.count]))
            rest /= axis.values.count
        }
        changes.reverse()
        if let seeds { changes.append(.init(key: SeedSeries.key, value: seeds[index % repetitions])) }
        return changes
    }
}
