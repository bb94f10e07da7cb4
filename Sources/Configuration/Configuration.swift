/// The configuration of jobd: a property for each key, with its default.
package struct Configuration: Settable, Equatable {
    package var apiURL = "https://model-api.runcomfy.net"
    package var tokenFile: String?
    package var outputDirectory = "outputs"
    package var outputName = "{date}/{id}-{index}.{ext}"
    package var writesSidecar = true
    package var writesXMP = false
    package var maxInFlight = 32
    package var maxSubmitting = 4
    package var submitPerMinute = 0
    package var models: [String: ModelLimits] = [:]
    package var budget = BudgetLimits()
    /// By label, or by a prefix that ends in `*`.
    package var labelBudgets: [String: BudgetLimits] = [:]
    package var confirmAbove: Double?
    package var pollMin = Duration.milliseconds(500)
    package var pollMax = Duration.seconds(15)
    package var retryMin = Duration.seconds(1)
    package var retryMax = Duration.seconds(300)
    package var retryAttempts = 8
    package var retryPatience = Duration.seconds(3600)
    package var connectTimeout = Duration.seconds(10)
    package var answerTimeout = Duration.seconds(60)
    package var silenceTimeout = Duration.seconds(30)
    package var parallelDownloads = 8
    package var maxBytes: Int64 = 2 << 30
    package var downloadHosts = [".runcomfy.net", ".runcomfy.com"]
    package var minFree: Int64 = 1 << 30
    package var deadline = Duration.seconds(24 * 3600)
    package var onUncertain = OnUncertain.hold
    package var inputsVia: InputRoute?
    package var onFinish: [String]?
    package var onAttention: [String]?
    package var retention = Retention()
    /// The address of the shared store; nil for the database in the state directory.
    package var store: String?
    package var storage = Storage()
    package var metricsFile: String?
    package var logLevel = LogLevel.info

    package init() {}

    package enum OnUncertain: String, CaseIterable, Sendable {
        case hold, resubmit
    }

    package enum LogLevel: String, CaseIterable, Sendable, Comparable {
        case debug, info, warning, error

        package static func < (left: LogLevel, right: LogLevel) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    /// How local input files reach RunComfy.
    package enum InputRoute: String, CaseIterable, Sendable {
        /// Inside the POST, as `data:` URIs.
        case data
        /// From the object storage, by presigned addresses.
        case storage
    }

    /// Without a value of its own, it follows from whether there is an object storage.
    package var inputRoute: InputRoute { inputsVia ?? (storage.url == nil ? .data : .storage) }

    /// How long after a job's end its parts are kept; nil means forever.
    package struct Retention: Equatable, Sendable {
        package var files: Duration?
        package var inputs: Duration?
        package var rows: Duration?

        package init() {}
    }

    /// Object storage, for inputs and outputs.
    package struct Storage: Equatable, Sendable {
        /// The bucket and the prefix; nil for no storage.
        package var url: String?
        package var endpoint: String?
        package var region = "us-east-1"
        package var usesPathStyle = false
        package var outputs = Outputs.none
        package var presign = Duration.seconds(24 * 3600)

        package enum Outputs: String, CaseIterable, Sendable {
            case none, copy, move
        }

        package init() {}
    }

    /// One entry of `models`: for one model, or for all whose ids have a prefix.
    package struct ModelLimits: Settable, Equatable {
        package var maxInFlight: Int?
        package var submitPerMinute: Int?
        package var priceUSD: Double?
        package var deadline: Duration?

        package init() {}
    }

    /// What may be spent in a day, in a month and in total.
    package struct BudgetLimits: Settable, Equatable {
        package var perDay: Double?
        package var perMonth: Double?
        package var inTotal: Double?

        package init() {}
    }

    /// Whether it limits how many jobs are sent in a minute.
    package var limitsRate: Bool {
        submitPerMinute > 0 || models.values.contains { ($0.submitPerMinute ?? 0) > 0 }
    }

    /// The entry that applies to `model`: its own, else that of the longest prefix.
    package func limits(of model: String) -> (name: String, limits: ModelLimits)? {
        if let exact = models[model] { return (model, exact) }
        let prefixes = models.keys.filter { $0.hasSuffix("*") && model.hasPrefix($0.dropLast()) }
        return prefixes.max { $0.utf8.count < $1.utf8.count }.flatMap { name in
            models[name].map { (name, $0) }
        }
    }

    /// Scheme, host and port of `api_url`, always spelled the same way. Requests belong to an origin.
    package var apiOrigin: String {
        let text = apiURL.lowercased()
        let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3 else { return text }
        var authority = parts[2]
        let defaultPort = parts[0] == "https:" ? ":443" : ":80"
        if authority.hasSuffix(defaultPort) { authority = authority.dropLast(defaultPort.count) }
        if authority.hasSuffix(".") { authority = authority.dropLast() }
        return "\(parts[0])//\(authority)"
    }
}
