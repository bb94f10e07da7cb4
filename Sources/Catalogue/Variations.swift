package import JSON

/// What is varied from job to job: every combination of some keys' values, each of them made several times.
///
/// The first key varies slowest, the repetitions fastest.
package struct Variations: Equatable, Sendable {
    /// A key, and the values that it takes in turn.
    package struct Axis: Equatable, Sendable {
        package let key: String
        package let values: [JSON]

        package init(key: String, values: [JSON]) {
            self.key = key
            self.values = values
        }
    }

    /// More is a slip of somebody's finger.
    package static let most = 10_000

    package let axes: [Axis]
    package let repetitions: Int
    /// One for each repetition, the same ones for every combination, so that the combinations can be
    /// compared.
    package let seeds: [JSON]?

    package init(axes: [Axis] = [], repetitions: Int = 1, seeds: [JSON]? = nil) {
        self.axes = axes
        self.repetitions = repetitions
        self.seeds = seeds
    }

    /// How many inputs one makes; nil where that is beyond all counting.
    package var count: Int? {
        axes.reduce(repetitions) { product, axis in
            guard let product else { return nil }
            let (count, isTooLarge) = product.multipliedReportingOverflow(by: axis.values.count)
            return isTooLarge ? nil : count
        }
    }

    /// What the input at `index` has in the place of, or beside, what all have.
    package func changes(at index: Int) -> [JSONObject.Member] {
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
