internal import CommandLineTool
internal import JSON
internal import JobModel
internal import Orders

/// `--dry-run`: what would be sent, and its price.
struct OrderView {
    private let session: Session
    /// Nil for a batch: it may be too long to be shown to a person.
    private let count: Int?
    private var table = Table([
        .init("JOB", alignsRight: true), .init("PRICE", alignsRight: true),
        .init("VARIES", isFlexible: true), .init("INPUT", isFlexible: true),
    ])
    private var shown = 0
    private var model = ""
    private var news = News()

    init(_ session: Session, count: Int?) { (self.session, self.count) = (session, count) }

    mutating func add(_ order: Order, _ price: Double?, _ change: String?) throws {
        shown += 1
        news.add(change)
        model = order.model
        if session.wantsJSON {
            let terms = order.terms
            var object: JSONObject = [
                "model": .string(order.model), "input": order.shownInput, "label": .optional(terms.label),
                "key": .optional(terms.key), "priority": .integer(terms.priority ?? 0),
                "not_before": .optional(terms.notBefore?.description), "hold": .bool(terms.isHeld),
                "price_usd": .optional(price),
            ]
            if let copy = order.copy { object["copy_of"] = .integer(copy.original) }
            try session.emit(.object(object))
        } else if count == 1 {
            try session.screen.write(
                SafeText.escape(order.shownInput.indentedText, keepingNewlines: true) + "\n")
        } else if count != nil {
            table.add([
                .init(NumberText.of(shown)), .init(price.map(Money.text) ?? "?"), .init(order.variant),
                .init(order.shownInput.text),
            ])
        }
    }

    func finish(_ estimate: Estimate) throws -> ExitCode {
        try session.screen.write(table)
        let what =
            count == 1
            ? "this is what \(model) would be sent" : "\(estimate.counted) would be enqueued"
        session.note("\(what) (\(estimate.words))\(news.words); nothing was stored")
        return .success
    }
}
