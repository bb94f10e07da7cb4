internal import CommandLineTool

/// How a simulator behaves.
struct Options: Sendable {
    var address = "127.0.0.1"
    /// 0 takes a free one.
    var port: UInt16 = 8471
    /// The only token that is accepted; nil accepts any.
    var token: String?
    var queueSeconds = 0.5
    var runSeconds = 2.0
    /// How much the latencies vary, as a share of them.
    var jitter = 0.2
    /// How many requests run at once; 0 is no limit.
    var concurrency = 0
    /// The speed of each download; nil is no limit.
    var bytesPerSecond: Int?
    /// Enough for the first frame of a video, whatever the shape.
    var imageWidth = 768
    /// In USD; nil is no limit.
    var balance: Double?
    var stateDirectory: String?
    /// nil takes a random one, so that request ids are new in each run.
    var seed: UInt64?
    var strictModels = false
    /// Whether the files of an input are fetched before it is worked on.
    var fetchesInputs = false
    /// How long the address of an output is served; nil is for ever.
    var outputSeconds: Double?
    var threads = 2
    private(set) var faults: [Fault] = []
}

extension Options {
    /// Adds a fault, in the form that `--fault` takes.
    mutating func addFault(_ specification: String) throws(SimulatorError) {
        faults.append(try FaultParser.parse(specification))
    }

    /// Every option, in the order of the help.
    private static let uses = [
        OptionUse("listen", "ADDRESS", "where to listen (127.0.0.1)", \.address) { $0 },
        OptionUse("port", "PORT", "0 takes a free one and prints it (8471)", \.port) { UInt16($0) },
        OptionUse("token", "TOKEN", "the only token that is accepted (any)", optional: \.token) { named($0) },
        OptionUse("queue", "TIME", "how long a job waits in the queue (500ms)", \.queueSeconds) {
            Quantity.seconds($0)
        },
        OptionUse("run", "TIME", "how long a job runs (2s)", \.runSeconds) { Quantity.seconds($0) },
        OptionUse("jitter", "SHARE", "how much both vary (0.2)", \.jitter) {
            Quantity.within(0...1, Double($0))
        },
        OptionUse("concurrency", "N", "how many jobs run at once; 0 is no limit (0)", \.concurrency) {
            Quantity.within(0..., Int($0))
        },
        OptionUse(
            "slow-bytes", "RATE", "bytes a second of each download, e.g. 200k", optional: \.bytesPerSecond
        ) { Quantity.within(1..., Quantity.bytes($0)) },
        OptionUse("image-width", "PIXELS", "the width of pictures (768)", \.imageWidth) {
            Quantity.within(16...8192, Int($0))
        },
        OptionUse(
            "balance", "USD", "the account's money; once it is spent, 402 with 400002 (no limit)",
            optional: \.balance
        ) { Quantity.within(0..<Double.infinity, Double($0)) },
        OptionUse(
            "state", "DIR", "keep a ledger there, and remember all requests after a restart",
            optional: \.stateDirectory
        ) { named($0) },
        OptionUse("seed", "N", "the same ids, latencies and faults each time", optional: \.seed) {
            UInt64($0)
        },
        OptionUse("strict-models", nil, "refuse models that are not in the catalogue", \.strictModels) { _ in
            true
        },
        OptionUse(
            "fetch-inputs", nil,
            "fetch the files of an input first; a job fails if one is missing or breaks the model's rules",
            \.fetchesInputs
        ) { _ in true },
        OptionUse(
            "outputs-expire", "TIME",
            "how long the address of an output is served; each /result names new ones (for ever)",
            optional: \.outputSeconds
        ) { Quantity.seconds($0) },
        OptionUse("threads", "N", "threads that answer (2)", \.threads) { Quantity.within(1...64, Int($0)) },
    ]

    private static let fault = Option(
        "fault", value: "SPEC", repeats: true, "make something go wrong, see below; may be repeated")

    static let all = uses.map(\.option) + [fault]

    private static func named(_ text: String) -> String? { text.isEmpty ? nil : text }

    init(_ arguments: Arguments) throws(Failure) {
        guard arguments.operands.isEmpty else {
            throw .usage("jobsim takes no operands", hint: "see jobsim --help")
        }
        for use in Self.uses {
            for value in arguments.values(use.option) where !use.set(&self, value) {
                throw .usage("--\(use.option.name) cannot be \"\(value)\"", hint: "see jobsim --help")
            }
        }
        for specification in arguments.values(Self.fault) {
            do throws(SimulatorError) { try addFault(specification) } catch { throw .usage("\(error)") }
        }
    }
}

/// An option and the property that it sets. If it is repeated, the last one counts.
private struct OptionUse: Sendable {
    let option: Option
    /// False if the value makes no sense.
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
