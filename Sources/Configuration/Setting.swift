internal import Catalogue
internal import JSON

/// One key of the configuration: its name, and what its value sets.
struct Setting: Sendable {
    typealias Apply = @Sendable (inout Configuration, JSON) throws(SettingValue.Fault) -> Void

    let key: String
    let apply: Apply

    init(_ key: String, _ apply: @escaping Apply) {
        self.key = key
        self.apply = apply
    }

    private static let moment: ClosedRange<Duration> = .milliseconds(1) ... .seconds(7 * 86_400)
    private static let years: ClosedRange<Duration> = .seconds(1) ... .seconds(3650 * 86_400)

    static let all: [Setting] = [
        Setting("api_url") { (configuration, value) throws(SettingValue.Fault) in
            configuration.apiURL = try address(value)
        },
        Setting("token_file") { (configuration, value) throws(SettingValue.Fault) in
            configuration.tokenFile = try SettingValue.text(value)
        },
        Setting("output_dir") { (configuration, value) throws(SettingValue.Fault) in
            configuration.outputDirectory = try SettingValue.text(value)
        },
        Setting("output_name") { (configuration, value) throws(SettingValue.Fault) in
            configuration.outputName = try SettingValue.text(value)
        },
        Setting("sidecar") { (configuration, value) throws(SettingValue.Fault) in
            configuration.writesSidecar = try SettingValue.flag(value)
        },
        Setting("max_in_flight") { (configuration, value) throws(SettingValue.Fault) in
            configuration.maxInFlight = try SettingValue.number(value, in: 1...1_000_000)
        },
        Setting("max_submitting") { (configuration, value) throws(SettingValue.Fault) in
            configuration.maxSubmitting = try SettingValue.number(value, in: 1...1000)
        },
        Setting("submit_per_minute") { (configuration, value) throws(SettingValue.Fault) in
            configuration.submitPerMinute = try SettingValue.number(value, in: 0...1_000_000)
        },
        Setting("budget.day_usd") { (configuration, value) throws(SettingValue.Fault) in
            configuration.budgetPerDay = try SettingValue.dollars(value)
        },
        Setting("budget.total_usd") { (configuration, value) throws(SettingValue.Fault) in
            configuration.budgetInTotal = try SettingValue.dollars(value)
        },
        Setting("poll.min") { (configuration, value) throws(SettingValue.Fault) in
            configuration.pollMin = try SettingValue.span(value, in: moment)
        },
        Setting("poll.max") { (configuration, value) throws(SettingValue.Fault) in
            configuration.pollMax = try SettingValue.span(value, in: moment)
        },
        Setting("retry.min") { (configuration, value) throws(SettingValue.Fault) in
            configuration.retryMin = try SettingValue.span(value, in: moment)
        },
        Setting("retry.max") { (configuration, value) throws(SettingValue.Fault) in
            configuration.retryMax = try SettingValue.span(value, in: moment)
        },
        Setting("retry.attempts") { (configuration, value) throws(SettingValue.Fault) in
            configuration.retryAttempts = try SettingValue.number(value, in: 1...1000)
        },
        Setting("timeout.connect") { (configuration, value) throws(SettingValue.Fault) in
            configuration.connectTimeout = try SettingValue.span(value, in: moment)
        },
        Setting("timeout.answer") { (configuration, value) throws(SettingValue.Fault) in
            configuration.answerTimeout = try SettingValue.span(value, in: moment)
        },
        Setting("timeout.silence") { (configuration, value) throws(SettingValue.Fault) in
            configuration.silenceTimeout = try SettingValue.span(value, in: moment)
        },
        Setting("download.parallel") { (configuration, value) throws(SettingValue.Fault) in
            configuration.parallelDownloads = try SettingValue.number(value, in: 1...1000)
        },
        Setting("download.max_bytes") { (configuration, value) throws(SettingValue.Fault) in
            configuration.maxBytes = try SettingValue.size(value)
        },
        Setting("download.hosts") { (configuration, value) throws(SettingValue.Fault) in
            configuration.downloadHosts = try SettingValue.texts(value)
        },
        Setting("min_free") { (configuration, value) throws(SettingValue.Fault) in
            configuration.minFree = try SettingValue.size(value)
        },
        Setting("deadline") { (configuration, value) throws(SettingValue.Fault) in
            configuration.deadline = try SettingValue.span(value, in: years)
        },
        Setting("on_uncertain") { (configuration, value) throws(SettingValue.Fault) in
            configuration.onUncertain = try SettingValue.word(value)
        },
        Setting("on_finish") { (configuration, value) throws(SettingValue.Fault) in
            configuration.onFinish = try SettingValue.command(value)
        },
        Setting("on_attention") { (configuration, value) throws(SettingValue.Fault) in
            configuration.onAttention = try SettingValue.command(value)
        },
        Setting("log_level") { (configuration, value) throws(SettingValue.Fault) in
            configuration.logLevel = try SettingValue.word(value)
        },
    ]

    /// The keys of one entry of `models`.
    static let modelKeys = ["max_in_flight", "submit_per_minute", "price_usd", "deadline"]

    static func apply(
        _ key: String, _ value: JSON, to limits: inout Configuration.ModelLimits
    ) throws(SettingValue.Fault) {
        switch key {
        case "max_in_flight": limits.maxInFlight = try SettingValue.number(value, in: 0...1_000_000)
        case "submit_per_minute": limits.submitPerMinute = try SettingValue.number(value, in: 0...1_000_000)
        case "price_usd": limits.priceUSD = try SettingValue.dollars(value)
        default: limits.deadline = try SettingValue.span(value, in: years)
        }
    }

    /// The API's base: the token goes there, so it is encrypted, or does not leave the machine.
    static func address(_ value: JSON) throws(SettingValue.Fault) -> String {
        let text = try SettingValue.text(value)
        if FileURL.fault(in: text) != nil || text.contains("?") || text.contains("#") {
            throw SettingValue.Fault(expectation: "an https address, or an http one on loopback")
        }
        return text
    }
}
