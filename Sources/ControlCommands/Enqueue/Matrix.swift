internal import Catalogue
internal import CommandLineTool
internal import JSON

/// `--matrix` and `--repeat`, as they were typed; what they mean depends on the model's schema.
struct Matrix {
    private let axes: [(key: String, words: [String])]
    private let repetitions: Int?

    init(_ session: Session, _ words: inout InputWords) throws {
        axes = try session.arguments.values(.matrix).map { argument in
            let (key, alternatives) = try InputWords.saying { () throws(ArgumentError) in
                (try ArgumentReader.split(argument).key, try ArgumentReader.alternatives(argument))
            }
            let name = SafeText.escape(DisplayWidth.cut(key, to: 40))
            guard !alternatives.isEmpty, !alternatives.containsExactly("\(key)=") else {
                throw Failure.usage(
                    "--matrix \(name) has an empty value",
                    hint: "an empty text or one with a comma: --matrix '\(name):=[\"\", \"a, b\"]'")
            }
            return (key, try words.resolved(alternatives))
        }
        if let key = Self.twice(axes.map(\.key)) {
            throw Failure.usage("--matrix has \(SafeText.escape(key)) twice; give all its values at once")
        }
        repetitions = try session.arguments.integer(.repeat, in: 1...Int64.max).map { Int($0) }
    }

    var isGiven: Bool { !axes.isEmpty || repetitions != nil }

    private static func twice(_ keys: [String]) -> String? {
        keys.enumerated().first { keys[..<$0.offset].containsExactly($0.element) }?.element
    }

    /// What the jobs like `template` are to be.
    func variations(of template: Template, _ schema: Schema?) throws -> Variations {
        guard isGiven else { return Variations() }
        if let key = axes.map(\.key).first(where: template.typedKeys.containsExactly) {
            throw Failure.usage("\(SafeText.escape(key)) stands in --matrix, and beside it; give one of them")
        }
        let axes = try axes.map { key, words in
            let values = try words.map { try InputWords.read([$0], schema)[key] ?? .null }
            for (index, value) in values.enumerated() where values[..<index].contains(value) {
                let text = SafeText.escape(DisplayWidth.cut(value.string ?? value.text, to: 40))
                throw Failure.usage(
                    "--matrix \(SafeText.escape(key)) has \(text) twice",
                    hint: "--repeat N makes several of each")
            }
            return Variations.Axis(key: key, values: values)
        }
        let unseeded = Variations(axes: axes, repetitions: repetitions ?? 1)
        guard let repetitions, let count = unseeded.count, count <= Variations.most else { return unseeded }
        return Variations(
            axes: axes, repetitions: repetitions, seeds: try seeds(repetitions, template, schema))
    }

    private func seeds(_ count: Int, _ template: Template, _ schema: Schema?) throws -> [JSON]? {
        if axes.contains(where: { $0.key == SeedSeries.key }) {
            throw Failure.usage("--repeat varies the seed, and --matrix does too; give one of them")
        }
        var generator = SystemRandomNumberGenerator()
        do throws(SeedError) {
            return try SeedSeries.seeds(
                count, from: template.input[SeedSeries.key],
                counts: !template.isCopy || template.typedKeys.contains(SeedSeries.key), schema: schema,
                using: &generator)
        } catch {
            throw Failure(.inputRefused, "--repeat \(count): \(error)")
        }
    }
}
