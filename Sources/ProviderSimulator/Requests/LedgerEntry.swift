internal import JSON

/// One line of the ledger, and what it does to the book when it is read again.
enum LedgerEntry {
    case accepted(Request)
    case cancelled(id: String, at: Double)
    case paidIn(Double, at: Double)

    init(reading json: JSON) throws {
        guard let at = json["at"]?.double else { throw Self.unknown(json) }
        switch json["kind"]?.string {
        case "accepted":
            guard let id = json["request_id"]?.string, let model = json["model"]?.string,
                let input = json["input"],
                let price = json["price_usd"]?.double, let queue = json["queue_s"]?.double,
                let run = json["run_s"]?.double
            else { throw Self.unknown(json) }
            var request = Request(
                id: id, model: model, input: input.text, price: price, acceptedAt: at, queueSeconds: queue,
                runSeconds: run)
            request.faults = try FaultParser.parse(prompt: OutputPlan.prompt(of: input))
                .filter { $0.call != .submit }.map(ArmedFault.init)
            self = .accepted(request)
        case "cancelled":
            guard let id = json["request_id"]?.string else { throw Self.unknown(json) }
            self = .cancelled(id: id, at: at)
        case "paid_in":
            guard let money = json["usd"]?.double else { throw Self.unknown(json) }
            self = .paidIn(money, at: at)
        default: throw Self.unknown(json)
        }
    }

    var json: JSON {
        switch self {
        case .accepted(let request):
            let input = (try? JSON(parsing: request.input)) ?? .null
            return .object([
                "kind": .string("accepted"), "at": .double(request.acceptedAt),
                "request_id": .string(request.id),
                "model": .string(request.model), "price_usd": .double(request.price),
                "queue_s": .double(request.queueSeconds), "run_s": .double(request.runSeconds),
                "input_hash": .string(hexadecimal(fingerprint(request.input))), "input": input,
            ])
        case .cancelled(let id, let at):
            return .object(["kind": .string("cancelled"), "at": .double(at), "request_id": .string(id)])
        case .paidIn(let money, let at):
            return .object(["kind": .string("paid_in"), "at": .double(at), "usd": .double(money)])
        }
    }

    /// Time passes for the book as it did then.
    func replay(in book: inout RequestBook) {
        switch self {
        case .accepted(let request):
            book.advance(to: request.acceptedAt)
            _ = book.charge(request.price)
            book.accept(request)
        case .cancelled(let id, let at):
            book.advance(to: at)
            _ = book.cancel(id, at: at)
        case .paidIn(let money, let at):
            book.advance(to: at)
            book.credit(money)
        }
    }

    private static func unknown(_ json: JSON) -> Ledger.Failure {
        Ledger.Failure(description: "the ledger has a line that is not jobsim's: \(json.text.prefix(100))")
    }
}
