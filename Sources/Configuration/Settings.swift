internal import Catalogue
internal import JSON

/// Every key of the configuration, in the order of the documentation.
enum Settings {
    private static let moment: ClosedRange<Duration> = .milliseconds(1) ... .seconds(7 * 86_400)
    private static let years: ClosedRange<Duration> = .seconds(1) ... .seconds(3650 * 86_400)

    static let all: [Setting<Configuration>] = [
        Setting(
            "api_url", \.apiURL, address,
            "base of the API; https, or http on loopback. Also --api-url, $JOBD_API_URL"),
        Setting("token_file", \.tokenFile, text, "file with the token; others must not be able to read it"),
        Setting(
            "output_dir", \.outputDirectory, text,
            "where files go; a relative path lies in the state directory"),
        Setting(
            "output_name", \.outputName, text,
            "fields: {id} {index} {date} {time} {model} {label} {prompt} {seed} {request_id} {ext}"),
        Setting("sidecar", \.writesSidecar, flag, "write {id}.json beside a job's files"),
        Setting(
            "max_in_flight", \.maxInFlight, number(1...1_000_000),
            "jobs submitted and not yet finished at RunComfy"),
        Setting(
            "max_submitting", \.maxSubmitting, number(1...1000),
            "POSTs on the wire at once; also the most jobs that one crash can leave uncertain"),
        Setting("submit_per_minute", \.submitPerMinute, number(0...1_000_000), "0 is no limit"),
        Setting("budget.day_usd", \.budgetPerDay, dollars, "spend no more than this in one day (UTC)"),
        Setting("budget.total_usd", \.budgetInTotal, dollars, "spend no more than this in all"),
        Setting(
            "confirm_above_usd", \.confirmAbove, dollars,
            "jobctl asks before it enqueues what may cost more than this; without a terminal it needs --yes"),
        Setting("poll.min", \.pollMin, span(moment), "the shortest time between two looks at one job"),
        Setting("poll.max", \.pollMax, span(moment), "the longest time between two looks at one job"),
        Setting("retry.min", \.retryMin, span(moment), "the shortest time between two tries of anything"),
        Setting(
            "retry.max", \.retryMax, span(moment),
            "the longest time between two tries of anything; it grows up to here"),
        Setting(
            "retry.attempts", \.retryAttempts, number(1...1000),
            "tries of an output whose own answer is bad (403, 404, 410, wrong content, refused host)"),
        Setting(
            "retry.patience", \.retryPatience, span(.zero ... .seconds(30 * 86_400)),
            "such an output, or a request that the service does not know, is not given up before this time"),
        Setting("timeout.connect", \.connectTimeout, span(moment), "to connect"),
        Setting("timeout.answer", \.answerTimeout, span(moment), "for a whole answer"),
        Setting("timeout.silence", \.silenceTimeout, span(moment), "without a byte of a download"),
        Setting("download.parallel", \.parallelDownloads, number(1...1000), "files at once"),
        Setting("download.max_bytes", \.maxBytes, size, "for one file"),
        Setting(
            "download.hosts", \.downloadHosts, hosts,
            "hosts outputs may come from, or suffixes such as .example.com (no *); the API's own host always may"
        ),
        Setting("min_free", \.minFree, size, "free space that stays on the outputs' disk"),
        Setting(
            "deadline", \.deadline, span(years),
            "how long a job is followed that the service keeps calling unfinished"),
        Setting("on_uncertain", \.onUncertain, word, "or resubmit: once a job, then hold"),
        Setting(
            "on_finish", \.onFinish, command,
            "a command (array of texts) run for each job that ended; JSON on standard input"),
        Setting(
            "on_attention", \.onAttention, command,
            "a command (array of texts) run for each new reason that needs a person; JSON on standard input"),
        Setting(
            "retention.files", \.retention.files, span(years),
            "how long after a job's end its files are kept, such as 90d; without it for ever"),
        Setting(
            "retention.inputs", \.retention.inputs, span(years),
            "how long after a job's end its input is kept; without it for ever"),
        Setting(
            "retention.rows", \.retention.rows, span(years),
            "how long after a job's end its row and events are kept; without it for ever"),
        Setting(
            "metrics_file", \.metricsFile, text,
            "a file for node_exporter's textfile collector; a relative path lies in the state directory"),
        Setting("log_level", \.logLevel, word, "debug, info, warning, error"),
    ]

    /// The keys of one entry of `models`.
    static let ofModel: [Setting<Configuration.ModelLimits>] = [
        Setting("max_in_flight", \.maxInFlight, number(0...1_000_000), ""),
        Setting("submit_per_minute", \.submitPerMinute, number(0...1_000_000), ""),
        Setting("price_usd", \.priceUSD, dollars, ""),
        Setting("deadline", \.deadline, span(years), ""),
    ]

    /// The API's base: the token goes there, so it is encrypted, or does not leave the machine.
    private static func address(_ value: JSON) throws(SettingFault) -> String {
        let text = try text(value)
        if FileURL.fault(in: text) != nil || text.contains("?") || text.contains("#") {
            throw SettingFault(expectation: "an https address, or an http one on loopback")
        }
        return text
    }
}
