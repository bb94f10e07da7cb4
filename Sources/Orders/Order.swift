package import Catalogue
internal import CommandLineTool
package import JSON
package import JobModel
package import JobStore

/// One job that is ordered, with all its settings.
package struct Order {
    package let model: String
    package var input: JSON
    package let schema: Schema?
    package var terms: Terms
    /// How it differs from the other jobs of the order: `resolution=2K seed=7`.
    package var variant = ""
    /// Which job it copies together with others.
    package var copy: JobCopy?
    /// The local files in its input.
    package var localFiles: [StoredInputFile] = []
    /// Why some of them cannot be what their names say.
    var fileFaults: [Violation] = []

    /// The row to store, once the input has been checked.
    ///
    /// - Parameters:
    ///   - copies: the jobs that have been made already, by those that they are copies of.
    ///   - id: the id of the job that has a key, for references.
    package func job(copies: [Int64: Int64] = [:], id: (String) throws -> Int64?) throws -> NewJob {
        let stored = try storedInput(copies) { key in
            guard let id = try id(key) else {
                throw Failure(.inputRefused, "no job has the key \"\(SafeText.escape(key))\"")
            }
            return id
        }
        var job = NewJob(model: model, input: stored.text)
        (job.label, job.key, job.priority) = (terms.label, terms.key, terms.priority ?? 0)
        (job.notBefore, job.isHeld) = (terms.notBefore, terms.isHeld)
        job.validation = terms.validates ? .passed : .waived
        return job
    }
}

/// The settings of a job other than its model and its input.
package struct Terms: Sendable {
    package var label: String?
    package var key: String?
    package var priority: Int64?
    package var notBefore: Timestamp?
    package var isHeld = false
    /// Whether an input that breaks the schema is refused; if not, there is only a note.
    package var validates = true

    package init() {}
}

/// A sequence of orders, made one at a time, so that a million of them are never in memory.
package protocol OrderSource {
    /// How many there are; nil if that takes reading all of them.
    var count: Int? { get }
    /// Whether several were asked for, even if the result is only one.
    var isVaried: Bool { get }
    /// Why the price may have risen since it was agreed to.
    var possibleChange: String { get }
    /// Whether a job that an order has by its key may be replaced by a new one.
    var makesAnew: Bool { get }
    /// The job that an order has by its key, so that nothing is bought for it.
    func standing(_ order: Order, in store: JobDatabase?) throws -> Job?
    /// How a new order differs from the job that was made of it before, in words.
    func change(of order: Order, in store: JobDatabase?) throws -> String?
    /// The local files that the orders name.
    var files: LocalFiles { get }
    /// Looks at the local files of all orders, if that is not done yet.
    func lookAtFiles() throws
    /// Visits each order, again with each call. Throws if one breaks its schema.
    func forEach(_ visit: (Order) throws -> Void) throws
}

/// All orders go from a source through a quote into the store. A step that each order needs before it is
/// stored belongs between `forEach` and these two.
extension OrderSource {
    package var makesAnew: Bool { false }
    package func standing(_ order: Order, in store: JobDatabase?) throws -> Job? {
        try store?.keyHolder(of: order)
    }

    package func change(of order: Order, in store: JobDatabase?) throws -> String? { nil }
    package func lookAtFiles() throws {}

    /// The price of all orders. A job whose key exists already is not bought again.
    package func quote(
        _ models: any ModelSource, in store: JobDatabase?,
        visit: (_ order: Order, _ price: Double?, _ change: String?) throws -> Void
    ) throws -> Estimate {
        var estimate = Estimate()
        try forEach { order in
            let price = models.price(of: order)
            let isNew = try standing(order, in: store) == nil
            try visit(order, price, isNew ? try change(of: order, in: store) : nil)
            if isNew { estimate.add(price) }
        }
        return estimate
    }

    /// Stores all orders, in the caller's transaction.
    ///
    /// - Parameters:
    ///   - models: nil if the price is not needed.
    ///   - agreed: the price that must not be exceeded; nil for no limit.
    package func insert(
        into store: JobDatabase, _ models: (any ModelSource)?, agreed: Estimate?
    ) throws -> EnqueueResult {
        var result = EnqueueResult()
        try forEach { order in
            var order = order
            var change: String?
            if makesAnew, try standing(order, in: store) == nil {
                change = try self.change(of: order, in: store)
                if let old = try store.keyHolder(of: order) {
                    order.terms.isHeld = order.terms.isHeld || old.state == .held
                    try result.replace(old, in: store)
                }
            }
            order = try files.stored(order)
            let job = try order.job(copies: result.copies, id: store.keyHolder)
            guard try result.insert(job, of: order.copy, in: store, change: change) else { return }
            if let id = result.ranges.last?.ids.upperBound {
                try store.note(order.localFiles, objects: order.objects, of: id)
                files.noteUse(of: order.localFiles)
            }
            if let models {
                result.bought.add(models.price(of: order))
            }
        }
        // A job that held one of the keys may have failed since the price was shown.
        if let agreed, result.bought.exceeds(agreed) {
            throw Failure(.no, "\(possibleChange) after the price was shown; nothing was enqueued")
        }
        return result
    }
}

extension JobDatabase {
    func keyHolder(of order: Order) throws -> Job? {
        try order.terms.key.flatMap(keyHolder).flatMap(find)
    }
}
