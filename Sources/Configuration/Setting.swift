internal import Catalogue
internal import JSON

/// One key of the configuration: its name, and what its value sets.
struct Setting: Sendable {
    typealias Apply = @Sendable (inout Configuration, JSON) throws(SettingValue.Fault) -> Void

    let key: String
    /// As it is written in the file; nil where there is none.
    let defaultText: String?
    /// One line for people. The manual page reads it.
    let meaning: String
    let apply: Apply

    init(_ key: String, _ defaultText: String?, _ meaning: String, _ apply: @escaping Apply) {
        self.key = key
        self.defaultText = defaultText
        self.meaning = meaning
        self.apply = apply
    }

    private static let moment: ClosedRange<Duration> = .milliseconds(1) ... .seconds(7 * 86_400)
    private static let years: ClosedRange<Duration> = .seconds(1) ... .seconds(3650 * 86_400)

    static let all: [Setting] = [
        Setting(
            "api_url", "https://model-api.runcomfy.net",
            "base of the API; https, or http on loopback. Also --api-url, $JOBD_API_URL"
        ) { (configuration, value) throws(SettingValue.Fault) in
            configuration.apiURL = try address(value)
        },
        Setting("token_file", nil, "file with the token; others must not be able to read it") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.tokenFile = try SettingValue.text(value)
        },
        Setting("output_dir", "outputs", "where files go; a relative path lies in the state directory") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.outputDirectory = try SettingValue.text(value)
        },
        Setting(
            "output_name", "{date}/{id}-{index}.{ext}",
            "fields: {id} {index} {date} {time} {model} {label} {prompt} {seed} {request_id} {ext}"
        ) { (configuration, value) throws(SettingValue.Fault) in
            configuration.outputName = try SettingValue.text(value)
        },
        Setting("sidecar", "true", "write {id}.json beside a job's files") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.writesSidecar = try SettingValue.flag(value)
        },
        Setting("max_in_flight", "32", "jobs submitted and not yet finished at RunComfy") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.maxInFlight = try SettingValue.number(value, in: 1...1_000_000)
        },
        Setting(
            "max_submitting", "4",
            "POSTs on the wire at once; also the most jobs that one crash can leave uncertain"
        ) { (configuration, value) throws(SettingValue.Fault) in
            configuration.maxSubmitting = try SettingValue.number(value, in: 1...1000)
        },
        Setting("submit_per_minute", "0", "0 is no limit") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.submitPerMinute = try SettingValue.number(value, in: 0...1_000_000)
        },
        Setting("budget.day_usd", nil, "spend no more than this in one day (UTC)") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.budgetPerDay = try SettingValue.dollars(value)
        },
        Setting("budget.total_usd", nil, "spend no more than this in all") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.budgetInTotal = try SettingValue.dollars(value)
        },
        Setting(
            "confirm_above_usd", nil,
            "jobctl asks before it enqueues what may cost more than this; without a terminal it needs --yes"
        ) { (configuration, value) throws(SettingValue.Fault) in
            configuration.confirmAbove = try SettingValue.dollars(value)
        },
        Setting("poll.min", "500ms", "the shortest time between two looks at one job") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.pollMin = try SettingValue.span(value, in: moment)
        },
        Setting("poll.max", "15s", "the longest time between two looks at one job") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.pollMax = try SettingValue.span(value, in: moment)
        },
        Setting("retry.min", "1s", "the shortest time between two tries of anything") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.retryMin = try SettingValue.span(value, in: moment)
        },
        Setting("retry.max", "5m", "the longest time between two tries of anything; it grows up to here") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.retryMax = try SettingValue.span(value, in: moment)
        },
        Setting(
            "retry.attempts", "8",
            "tries of an output whose own answer is bad (403, 404, 410, wrong content, refused host)"
        ) { (configuration, value) throws(SettingValue.Fault) in
            configuration.retryAttempts = try SettingValue.number(value, in: 1...1000)
        },
        Setting(
            "retry.patience", "1h",
            "such an output, or a request that the service does not know, is not given up before this time"
        ) { (configuration, value) throws(SettingValue.Fault) in
            configuration.retryPatience = try SettingValue.span(value, in: .zero ... .seconds(30 * 86_400))
        },
        Setting("timeout.connect", "10s", "to connect") { (configuration, value) throws(SettingValue.Fault) in
            configuration.connectTimeout = try SettingValue.span(value, in: moment)
        },
        Setting("timeout.answer", "60s", "for a whole answer") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.answerTimeout = try SettingValue.span(value, in: moment)
        },
        Setting("timeout.silence", "30s", "without a byte of a download") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.silenceTimeout = try SettingValue.span(value, in: moment)
        },
        Setting("download.parallel", "8", "files at once") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.parallelDownloads = try SettingValue.number(value, in: 1...1000)
        },
        Setting("download.max_bytes", "2GiB", "for one file") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.maxBytes = try SettingValue.size(value)
        },
        Setting(
            "download.hosts", "[\".runcomfy.net\", \".runcomfy.com\"]",
            "hosts outputs may come from, or suffixes such as .example.com (no *); the API's own host always may"
        ) { (configuration, value) throws(SettingValue.Fault) in
            configuration.downloadHosts = try SettingValue.hosts(value)
        },
        Setting("min_free", "1GiB", "free space that stays on the outputs' disk") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.minFree = try SettingValue.size(value)
        },
        Setting("deadline", "24h", "how long a job is followed that the service keeps calling unfinished") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.deadline = try SettingValue.span(value, in: years)
        },
        Setting("on_uncertain", "hold", "or resubmit: once a job, then hold") {
            (configuration, value) throws(SettingValue.Fault) in
            configuration.onUncertain = try SettingValue.word(value)
        },
        Setting(
            "on_finish", nil, "a command (array of texts) run for each job that ended; JSON on standard input"
        ) { (configuration, value) throws(SettingValue.Fault) in
            configuration.onFinish = try SettingValue.command(value)
        },
        Setting(
            "on_attention", nil,
            "a command (array of texts) run for each new reason that needs a person; JSON on standard input"
        ) { (configuration, value) throws(SettingValue.Fault) in
            configuration.onAttention = try SettingValue.command(value)
        },
        Setting(
            "retention.files", nil,
            "how long after a job's end its files are kept, such as 90d; without it for ever"
        ) { (configuration, value) throws(SettingValue.Fault) in
            configuration.retention.files = try SettingValue.span(value, in: years)
        },
        Setting("retention.inputs", nil, "how long after a job's end its input is kept; without it for ever")
        { (configuration, value) throws(SettingValue.Fault) in
            configuration.retention.inputs = try SettingValue.span(value, in: years)
        },
        Setting(
            "retention.rows", nil,
            "how long after a job's end its row and events are kept; without it for ever"
        ) { (configuration, value) throws(SettingValue.Fault) in
            configuration.retention.rows = try SettingValue.span(value, in: years)
        },
        Setting(
            "metrics_file", nil,
            "a file for node_exporter's textfile collector; a relative path lies in the state directory"
        ) { (configuration, value) throws(SettingValue.Fault) in
            configuration.metricsFile = try SettingValue.text(value)
        },
        Setting("log_level", "info", "debug, info, warning, error") {
            (configuration, value) throws(SettingValue.Fault) in
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
