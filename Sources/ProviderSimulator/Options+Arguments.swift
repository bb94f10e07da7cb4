internal import CommandLineTool

extension Options {
    /// Every option, in the order of the help.
    private static let uses = [
        OptionUse("listen", "ADDRESS", "where to listen (127.0.0.1)", \.address) { $0 },
        OptionUse("port", "PORT", "0 takes a free one and prints it (8471)", \.port) { UInt16($0) },
        OptionUse("token", "TOKEN", "the only token that is accepted (any)", optional: \.token) { named($0) },
        OptionUse("queue", "TIME", "how long a job waits (500ms)", \.queueSeconds) { Quantity.seconds($0) },
        OptionUse("run", "TIME", "how long a job runs (2s)", \.runSeconds) { Quantity.seconds($0) },
        OptionUse("jitter", "SHARE", "how much both vary (0.2)", \.jitter) { within(0...1, Double($0)) },
        OptionUse("concurrency", "N", "how many jobs run at once; 0 is all of them (0)", \.concurrency) {
            within(0..., Int($0))
        },
        OptionUse(
            "slow-bytes", "RATE", "bytes a second of each download, e.g. 200k", optional: \.bytesPerSecond
        ) { within(1..., Quantity.bytes($0)) },
        OptionUse("image-width", "PIXELS", "width of the pictures (512)", \.imageWidth) {
            within(16...8192, Int($0))
        },
        OptionUse(
            "balance", "USD", "the account's money; when it is used up, 402 with 400002 (no end)",
            optional: \.balance
        ) { within(0..<Double.infinity, Double($0)) },
        OptionUse(
            "state", "DIR", "keep a ledger there, and know all requests again after a restart",
            optional: \.stateDirectory
        ) { named($0) },
        OptionUse("seed", "N", "the same ids, latencies and dice each time", optional: \.seed) { UInt64($0) },
        OptionUse("strict-models", nil, "refuse models that are not in the catalogue", \.strictModels) { _ in
            true
        },
        OptionUse("threads", "N", "threads that answer (2)", \.threads) { within(1...64, Int($0)) },
    ]

    private static let fault = Option(
        "fault", value: "SPEC", repeats: true, "something goes wrong, see below; may be given again")

    static let all = uses.map(\.option) + [fault]

    private static func named(_ text: String) -> String? { text.isEmpty ? nil : text }

    private static func within<Value>(_ range: some RangeExpression<Value>, _ value: Value?) -> Value? {
        value.flatMap { range.contains($0) ? $0 : nil }
    }

    init(_ arguments: Arguments) throws(Failure) {
        guard arguments.operands.isEmpty else {
            throw .usage("jobsim takes no operands", hint: "jobsim --help tells what it takes")
        }
        for use in Self.uses {
            for value in arguments.values(use.option) where !use.set(&self, value) {
                throw .usage("--\(use.option.name) cannot be \"\(value)\"", hint: "see jobsim --help")
            }
        }
        for specification in arguments.values(Self.fault) {
            do throws(FaultParser.Failure) { try addFault(specification) } catch { throw .usage("\(error)") }
        }
    }
}

/// An option and the property that it sets. Where it is given again, the last one counts.
private struct OptionUse: Sendable {
    let option: Option
    /// False where the value makes no sense.
    let set: @Sendable (inout Options, String) -> Bool

    init<Value>(
        _ name: String, _ value: String?, _ help: String,
        _ property: any WritableKeyPath<Options, Value> & Sendable,
        _ read: @escaping @Sendable (String) -> Value?
    ) {
        option = Option(name, value: value, repeats: true, help)
        set = { options, text in
            guard let value = read(text) else { return false }
            options[keyPath: property] = value
            return true
        }
    }

    init<Value>(
        _ name: String, _ value: String?, _ help: String,
        optional property: any WritableKeyPath<Options, Value?> & Sendable,
        _ read: @escaping @Sendable (String) -> Value?
    ) {
        self.init(name, value, help, property) { read($0).map(Optional.some) }
    }
}
