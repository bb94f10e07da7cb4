internal import CommandLineTool
internal import JSON
internal import JobModel
internal import JobStore

/// `--dry-run`: what would be sent, and what it would come to.
struct OrderView {
    private let session: Session
    private let prices: PriceList

    init(_ session: Session, _ prices: PriceList) { (self.session, self.prices) = (session, prices) }

    func show(_ order: Order, _ estimate: Estimate) throws -> ExitCode {
        if session.wantsJSON {
            for item in order.items { try emit(item.job, item.input, prices.estimate(item)) }
        } else if order.items.count == 1 {
            let text = order.items[0].input.indentedText
            try session.screen.write(SafeText.escape(text, keepingNewlines: true) + "\n")
        } else {
            var table = Table([
                .init("JOB", alignsRight: true), .init("PRICE", alignsRight: true),
                .init("VARIES", isFlexible: true), .init("INPUT", isFlexible: true),
            ])
            for (index, item) in order.items.enumerated() {
                table.add([
                    .init(String(index + 1)), .init(prices.estimate(item).map(Price.text) ?? "?"),
                    .init(item.variant), .init(item.input.text),
                ])
            }
            try session.screen.write(table)
        }
        if order.items.count == 1 {
            session.note(
                "this is what \(order.items[0].job.model) would be sent (\(estimate.words)); nothing was stored"
            )
        } else {
            session.note("\(estimate.counted) would be enqueued (\(estimate.words)); nothing was stored")
        }
        return .success
    }

    func emit(_ job: NewJob, _ input: JSON, _ price: Double?) throws {
        try session.emit(
            .object([
                "model": .string(job.model), "input": input, "label": .optional(job.label),
                "key": .optional(job.key), "priority": .integer(job.priority),
                "not_before": .optional(job.notBefore?.description), "hold": .bool(job.isHeld),
                "price_usd": .optional(price),
            ]))
    }
}
