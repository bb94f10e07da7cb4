package import CommandLineTool
internal import JSON
package import JobModel
package import JobStore
internal import Spelling

/// Orders as JSON Lines, read as a stream. Either all of them become jobs or none.
package struct Batch: OrderSource {
    private let reader: InputReader
    /// For lines that do not name a model.
    private let model: String?
    /// For lines that do not set their own.
    private let defaults: Terms
    private let checker: Checker
    /// With --make.
    private let making: Making?

    package var count: Int? { nil }
    package var files: LocalFiles { checker.files }
    package var isVaried: Bool { true }
    package var possibleChange: String { "the batch changed" }

    private static let keys = ["model", "input", "label", "key", "priority", "not_before", "hold"]

    /// The first faults explain enough.
    private static let mostFaults = 20

    package init(
        _ reader: InputReader, model: String?, _ defaults: Terms, _ checker: Checker, making: Making? = nil
    ) {
        (self.reader, self.model, self.defaults, self.checker) = (reader, model, defaults, checker)
        self.making = making
    }

    /// After the first faulty line, it only looks for further faults, and then throws.
    package func forEach(_ visit: (Order) throws -> Void) throws {
        reader.rewind()
        making?.begin()
        var faults: [Failure.Fault] = []
        try lines(check: checker.check) { number, line in
            switch line {
            case .success(let order): if faults.isEmpty { try visit(order) }
            case .failure(let failure):
                faults += (failure.faults.isEmpty ? [.init(failure.message)] : failure.faults).map { fault in
                    Failure.Fault(place: "line \(number)", path: fault.path, fault.message)
                }
            }
            return faults.count < Self.mostFaults
        }
        guard faults.isEmpty else {
            if faults.count >= Self.mostFaults { faults.append(.init("and perhaps more")) }
            throw Failure(.inputRefused, "nothing was enqueued", faults: faults)
        }
    }

    /// A batch that cannot name any is not read for it.
    package func lookAtFiles() throws {
        reader.rewind()
        while let line = try reader.line() {
            if InputFile.mayOccur(in: line) { return try forEach { _ in } }
        }
    }

    package var makesAnew: Bool { making != nil }

    package func standing(_ order: Order, in store: JobDatabase?) throws -> Job? {
        guard let making else { return try store?.keyHolder(of: order) }
        return try making.standing(order, in: store)
    }

    package func change(of order: Order, in store: JobDatabase?) throws -> String? {
        try making?.change(of: order, in: store)
    }

    /// Visits each line with its number, and its order or its fault. Ends early if `visit` returns false.
    package func lines(
        check: (Order) throws -> Void = { _ in }, visit: (Int, Result<Order, Failure>) throws -> Bool
    ) throws {
        var number = 0
        while let line = try reader.line() {
            number += 1
            if InputReader.isBlank(line) { continue }
            let result: Result<Order, Failure>
            do {
                var order = try read(line).naming(checker.files)
                if let making { order = try making.made(order) }
                try check(order)
                checker.remember(order)
                result = .success(order)
            } catch let failure as Failure where failure.code == .inputRefused || failure.code == .usage {
                result = .failure(failure)
            } catch let failure as Failure where failure.code == .cannotRead {
                throw Failure(failure.code, "line \(number): \(failure.message)", hint: failure.hint)
            }
            guard try visit(number, result) else { return }
        }
    }

    private func read(_ line: [UInt8]) throws -> Order {
        let object = try Template.object(line, named: "")
        for key in object.keys where !Self.keys.contains(key) {
            let near = Suggestion.nearest(to: key, among: Self.keys)
            throw Self.fault("unknown key \"\(key)\"" + (near.map { "; did you mean \"\($0)\"?" } ?? ""))
        }
        guard let model = try text("model", object) ?? model else { throw Self.fault("\"model\" is missing") }
        guard let input = object["input"], input.object != nil else {
            throw Self.fault("\"input\" must be a JSON object")
        }
        // Written out, a byte takes at most six.
        guard line.count <= NewJob.inputLimit / 6 || input.text.utf8.count <= NewJob.inputLimit else {
            throw Self.fault("an input holds at most 16 MiB")
        }
        let schema = try checker.schema(of: model)
        return Order(model: model, input: input, schema: schema, terms: try terms(object))
    }

    private func terms(_ object: JSONObject) throws -> Terms {
        var terms = defaults
        terms.label = try text("label", object) ?? defaults.label
        terms.key = try text("key", object)
        if terms.key == "" { throw Self.fault("\"key\" is empty") }
        terms.priority = try value("priority", object, "a whole number", \.integer) ?? defaults.priority
        terms.isHeld = try value("hold", object, "true or false", \.bool) ?? defaults.isHeld
        if let time = try text("not_before", object) {
            terms.notBefore = try Timestamp(written: time, .fromNow, as: "\"not_before\"")
        }
        return terms
    }

    private func text(_ key: String, _ object: JSONObject) throws -> String? {
        try value(key, object, "text") { $0.string.flatMap { $0.utf8.contains(0) ? nil : $0 } }
    }

    private func value<Value>(
        _ key: String, _ object: JSONObject, _ type: String, _ read: (JSON) -> Value?
    ) throws -> Value? {
        guard let value = object[key], value != .null else { return nil }
        guard let value = read(value) else { throw Self.fault("\"\(key)\" must be \(type)") }
        return value
    }

    private static func fault(_ message: String) -> Failure {
        Failure(.inputRefused, SafeText.escape(message))
    }
}

extension Timestamp {
    /// A time as people write it.
    package init(written text: String, _ direction: TimeText.Direction, as name: String) throws(Failure) {
        guard let milliseconds = TimeText.moment(text, now: Timestamp.now.milliseconds, direction),
            Timestamp.storable.contains(Timestamp(milliseconds: milliseconds))
        else {
            throw Failure.usage(
                "\(name): \"\(SafeText.escape(text))\" is not a time",
                hint: "write 2h, 18:00, 2026-01-31, \"2026-01-31 18:00\" (local) or 2026-01-31T18:00:00Z")
        }
        self.init(milliseconds: milliseconds)
    }
}
