internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders

/// What one session of an agent may order.
final class OrderBounds {
    /// The label of all its orders; nil if it may choose.
    let label: String?
    /// The most that its orders may cost, by estimate; nil for no bound.
    let most: Double?
    private var orders: [(job: Int64, price: Double)] = []

    init(label: String?, most: Double?) { (self.label, self.most) = (label, most) }

    /// The label of an order. Throws if the session may not use the one that was asked for.
    func label(asked: String?) throws -> String? {
        guard let label else { return asked }
        guard asked == nil || asked?.isExactly(label) == true else {
            throw Failure(.no, "this session orders under the label \"\(SafeText.escape(label))\" only")
        }
        return label
    }

    func add(_ job: Int64, price: Double) { orders.append((job, price)) }

    /// What was ordered so far. What was certainly never sent does not count.
    func ordered(in store: JobDatabase) throws -> Double {
        try orders.reduce(0) { sum, order in
            try store.find(order.job)?.wasNeverBought == true ? sum : sum + order.price
        }
    }

    /// Throws if the session may not order this as well.
    func check(_ order: Estimate, in store: JobDatabase) throws {
        guard let most, order.jobs > 0 else { return }
        guard order.unpriced == 0 else {
            throw Failure(
                .no, "its price is not known, and this session may order for \(Money.text(most)) at most",
                hint: "a person can set models.MODEL.price_usd, or run jobctl models refresh")
        }
        let ordered = try ordered(in: store)
        guard ordered + order.dollars <= most + 1e-9 else {
            throw Failure(
                .no,
                "this session may order for \(Money.text(most)) (--max-usd): \(Money.text(ordered)) is "
                    + "ordered, and this would add \(order.words)",
                hint: "what is cancelled before it was sent is given back")
        }
    }
}

extension Job {
    /// Whether it ended before anything of it was sent.
    fileprivate var wasNeverBought: Bool {
        submissions == 0 && requestID == nil
            && (state == .cancelled || (state == .failed && failureKind == .input))
    }
}
