package import Catalogue
internal import CommandLineTool
package import JSON
package import JobModel
package import JobStore

/// One job that is asked for, with everything that is said of it.
package struct Order {
    package let model: String
    package let input: JSON
    package let schema: Schema?
    package var terms: Terms
    /// What sets it apart from its neighbours: `resolution=2K seed=7`.
    package var variant = ""

    /// As it is stored, once it is checked.
    package var job: NewJob {
        var job = NewJob(model: model, input: input.text)
        (job.label, job.key, job.priority) = (terms.label, terms.key, terms.priority ?? 0)
        (job.notBefore, job.isHeld) = (terms.notBefore, terms.isHeld)
        job.validation = terms.validates ? .passed : .waived
        return job
    }
}

/// What is said of a job beside its model and its input.
package struct Terms: Sendable {
    package var label: String?
    package var key: String?
    package var priority: Int64?
    package var notBefore: Timestamp?
    package var isHeld = false
    /// Whether it is refused where its input breaks the schema; else that is only said.
    package var validates = true

    package init() {}
}

/// Orders in their order, made one at a time, so that a million of them are never in memory.
package protocol OrderSource {
    /// How many they are; nil where only reading them tells.
    var count: Int? { get }
    /// Whether several were asked for, though it may be one.
    var isVaried: Bool { get }
    /// How they may come to more than was agreed to.
    var possibleChange: String { get }
    /// Visits each of them, as often as it is called. Throws where one breaks its schema.
    func forEach(_ visit: (Order) throws -> Void) throws
}

/// The way of all orders: from a source through a quote into the store. What is to happen to each of them
/// before it is stored belongs between `forEach` and these two.
extension OrderSource {
    /// What they come to. What stands already by its key is not bought.
    package func quote(
        _ models: any ModelSource, in store: JobDatabase?, visit: (Order, Double?) throws -> Void
    ) throws -> Estimate {
        var estimate = Estimate()
        try forEach { order in
            let price = models.price(of: order)
            try visit(order, price)
            if let key = order.terms.key, try store?.keyHolder(key) != nil { return }
            estimate.add(price)
        }
        return estimate
    }

    /// Stores all of them, in a transaction of the caller's.
    ///
    /// - Parameters:
    ///   - models: nil where nobody wants to know the sum.
    ///   - agreed: the sum that must not be passed; nil where any may be.
    package func insert(
        into store: JobDatabase, _ models: (any ModelSource)?, agreed: Estimate?
    ) throws -> EnqueuedRuns {
        var runs = EnqueuedRuns()
        try forEach { order in
            if try runs.insert(order.job, in: store), let models { runs.bought.add(models.price(of: order)) }
        }
        // Whoever held one of the keys may have come to nothing since the sum was made.
        if let agreed, runs.bought.exceeds(agreed) {
            throw Failure(.no, "\(possibleChange) while it was asked for; nothing was enqueued")
        }
        return runs
    }
}
