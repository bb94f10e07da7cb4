internal import Glibc
internal import JSON
internal import System

/// The file that outlives the simulator: one JSON line for each accepted POST, fetched input, cancelled
/// request and payment.
///
/// A line is on disk before the answer is sent, so that what a client was told is true after any crash.
final class Ledger: Sendable {
    private let file: Locked<FileDescriptor>

    /// Opens or makes `ledger.jsonl` in `directory`, and reads its entries.
    static func open(directory: String) throws -> (ledger: Ledger, entries: [JSON]) {
        if unsafe mkdir(directory, 0o700) != 0, errno != EEXIST { throw failure("make", directory, .last) }
        let path = directory + "/ledger.jsonl"
        let file: FileDescriptor
        do throws(SystemError) {
            file = try FileDescriptor(opening: path, flags: O_RDWR | O_CREAT | O_APPEND, mode: 0o600)
        } catch { throw failure("open", path, error) }
        guard file.takeLock() else {
            throw SimulatorError("another jobsim uses \(directory): choose another --state")
        }
        return (Ledger(file), try entries(of: file, path))
    }

    private init(_ file: FileDescriptor) { self.file = Locked(file) }

    func append(_ entry: JSON) throws {
        var line: [UInt8] = []
        entry.write(into: &line)
        line.append(UInt8(ascii: "\n"))
        try file.withLock { file in
            // A line that a full disk cut short must not run into the next one.
            let end = Int64(lseek(file.number, 0, SEEK_END))
            do throws(SystemError) {
                try file.write(line)
                try file.sync()
            } catch {
                try? file.truncate(to: end)
                throw Self.failure("write to", "the ledger", error)
            }
        }
    }

    /// Cuts off a last line without an end: its request was never answered.
    private static func entries(of file: FileDescriptor, _ path: String) throws -> [JSON] {
        let (bytes, end): ([UInt8], Int)
        do throws(SystemError) {
            bytes = try file.readToEnd()
            end = (bytes.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
            if end < bytes.count { try file.truncate(to: Int64(end)) }
        } catch { throw failure("read", path, error) }
        return try bytes[..<end].split(separator: UInt8(ascii: "\n")).enumerated().map { number, line in
            do {
                return try JSON(parsing: Array(line))
            } catch {
                throw SimulatorError("\(path), line \(number + 1): \(error)")
            }
        }
    }

    private static func failure(_ verb: String, _ path: String, _ error: SystemError) -> SimulatorError {
        SimulatorError("cannot \(verb) \(path): \(error)")
    }
}

/// One line of the ledger, and what it does to the book when it is read again.
enum LedgerEntry {
    case accepted(Request)
    case fetched([FetchedInput], id: String, at: Double)
    case cancelled(id: String, at: Double)
    case paidIn(Double, at: Double)

    init(reading json: JSON) throws {
        let id = json["request_id"]?.string
        switch (json["kind"]?.string, json["at"]?.double) {
        case ("accepted", let at?):
            guard let id, let model = json["model"]?.string, let input = json["input"],
                let price = json["price_usd"]?.double, let queue = json["queue_s"]?.double,
                let run = json["run_s"]?.double
            else { throw Self.unknown(json) }
            var request = Request(
                id: id, model: model, input: input.text, price: price, acceptedAt: at, queueSeconds: queue,
                runSeconds: run)
            request.faults = try FaultParser.parse(prompt: OutputPlan.prompt(of: input))
                .filter { $0.call != .submit }.map(ArmedFault.init)
            request.awaitsInputs = json["awaits_inputs"]?.bool ?? false
            self = .accepted(request)
        case ("fetched", let at?):
            guard let id, let inputs = json["inputs"]?.array else { throw Self.unknown(json) }
            self = .fetched(inputs.compactMap(FetchedInput.init), id: id, at: at)
        case ("cancelled", let at?):
            guard let id else { throw Self.unknown(json) }
            self = .cancelled(id: id, at: at)
        case ("paid_in", let at?):
            guard let money = json["usd"]?.double else { throw Self.unknown(json) }
            self = .paidIn(money, at: at)
        default: throw Self.unknown(json)
        }
    }

    var json: JSON {
        switch self {
        case .accepted(let request):
            .object([
                "kind": "accepted", "at": .double(request.acceptedAt), "request_id": .string(request.id),
                "model": .string(request.model), "price_usd": .double(request.price),
                "queue_s": .double(request.queueSeconds), "run_s": .double(request.runSeconds),
                "input_hash": .string(hexadecimal(fingerprint(request.input))),
                "awaits_inputs": .bool(request.awaitsInputs),
                "input": (try? JSON(parsing: request.input)) ?? .null,
            ])
        case .fetched(let inputs, let id, let at):
            .object([
                "kind": "fetched", "at": .double(at), "request_id": .string(id),
                "inputs": .array(inputs.map(\.json)),
            ])
        case .cancelled(let id, let at):
            .object(["kind": "cancelled", "at": .double(at), "request_id": .string(id)])
        case .paidIn(let money, let at):
            .object(["kind": "paid_in", "at": .double(at), "usd": .double(money)])
        }
    }

    /// Lets the time pass for the book as it did then.
    func replay(in book: inout RequestBook) {
        switch self {
        case .accepted(let request):
            book.advance(to: request.acceptedAt)
            _ = book.charge(request.price)
            book.accept(request)
        case .fetched(let inputs, let id, let at):
            book.advance(to: at)
            book.note(inputs, of: id, at: at)
        case .cancelled(let id, let at):
            book.advance(to: at)
            _ = book.cancel(id, at: at)
        case .paidIn(let money, let at):
            book.advance(to: at)
            book.credit(money)
        }
    }

    private static func unknown(_ json: JSON) -> SimulatorError {
        SimulatorError("the ledger has a line that is not jobsim's: \(json.text.prefix(100))")
    }
}
