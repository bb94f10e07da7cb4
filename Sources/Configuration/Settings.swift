internal import Catalogue
internal import JSON

/// Every key of the configuration, in the order of the documentation.
package enum Settings {
    private static let moment: ClosedRange<Duration> = .milliseconds(1) ... .seconds(7 * 86_400)
    private static let years: ClosedRange<Duration> = .seconds(1) ... .seconds(3650 * 86_400)

    package static let all: [Setting<Configuration>] = [
        Setting(
            "api_url", \.apiURL, address,
            "base URL of the API; https, or http on loopback. Also --api-url, $JOBD_API_URL"),
        Setting("token_file", \.tokenFile, text, "file with the token; others must not be able to read it"),
        Setting(
            "output_dir", \.outputDirectory, text,
            "where output files are stored; a relative path is relative to the state directory"),
        Setting(
            "output_name", \.outputName, text,
            "fields: {id} {index} {date} {time} {model} {label} {prompt} {seed} {request_id} {ext}"),
        Setting("sidecar", \.writesSidecar, flag, "write {id}.json beside a job's files"),
        Setting("xmp", \.writesXMP, flag, "write FILE.EXT.xmp beside each file, for photo software"),
        Setting(
            "max_in_flight", \.maxInFlight, number(1...1_000_000),
            "jobs submitted and not yet finished at RunComfy"),
        Setting(
            "max_submitting", \.maxSubmitting, number(1...1000),
            "POSTs on the wire at once; one crash can leave at most this many jobs uncertain"),
        Setting("submit_per_minute", \.submitPerMinute, number(0...1_000_000), "0 means no limit"),
        Setting(
            key: "models", defaultText: "{}",
            meaning: "by model id, or by a prefix that ends in *: "
                + ofModel.map(\.key).joined(separator: ", "),
            set: setModels, value: { json($0.models, ofModel) }),
        Setting("budget.day_usd", \.budget.perDay, dollars, "the spending limit for one day (UTC)"),
        Setting(
            "budget.month_usd", \.budget.perMonth, dollars, "the spending limit for a calendar month (UTC)"),
        Setting("budget.total_usd", \.budget.inTotal, dollars, "the spending limit in total"),
        Setting(
            key: "budget.labels", defaultText: "{}",
            meaning: "by label, or by a prefix that ends in *, one budget for all its jobs: "
                + ofLabel.map(\.key).joined(separator: ", "),
            set: setLabels, value: { json($0.labelBudgets, ofLabel) }),
        Setting(
            "confirm_above_usd", \.confirmAbove, dollars,
            "jobctl asks before it enqueues jobs that may cost more; without a terminal it needs --yes"),
        Setting("poll.min", \.pollMin, span(moment), "the shortest time between two polls of a job"),
        Setting("poll.max", \.pollMax, span(moment), "the longest time between two polls of a job"),
        Setting("retry.min", \.retryMin, span(moment), "the shortest time between two tries of anything"),
        Setting(
            "retry.max", \.retryMax, span(moment),
            "the longest time between two tries of anything; it grows up to this"),
        Setting(
            "retry.attempts", \.retryAttempts, number(1...1000),
            "tries of an output whose own answer is bad (403, 404, 410, wrong content, refused host)"),
        Setting(
            "retry.patience", \.retryPatience, span(.zero ... .seconds(30 * 86_400)),
            "such an output, or a request that RunComfy does not know, is not given up before this time"),
        Setting("timeout.connect", \.connectTimeout, span(moment), "for a connection"),
        Setting("timeout.answer", \.answerTimeout, span(moment), "for a complete answer"),
        Setting("timeout.silence", \.silenceTimeout, span(moment), "for the next byte of a download"),
        Setting("download.parallel", \.parallelDownloads, number(1...1000), "files downloaded at once"),
        Setting("download.max_bytes", \.maxBytes, size, "the largest size of one file"),
        Setting(
            "download.hosts", \.downloadHosts, hosts,
            """
            hosts from which outputs may come, or suffixes such as .example.com (no *); \
            the API's own host is always allowed
            """),
        Setting("min_free", \.minFree, size, "free space to leave on the outputs' disk"),
        Setting(
            "deadline", \.deadline, span(years),
            "how long a job is followed while RunComfy keeps calling it unfinished"),
        Setting("on_uncertain", \.onUncertain, word, "or resubmit: once per job, then hold"),
        Setting(
            "inputs.via", \.inputsVia, route,
            """
            how local input files reach RunComfy: data, inside the request; storage, from storage.url. \
            Without a value, storage if storage.url is set
            """),
        Setting(
            "on_finish", \.onFinish, command,
            "a command (array of strings) to run for each job that ends; it gets JSON on standard input"),
        Setting(
            "on_attention", \.onAttention, command,
            "a command (array of strings) to run for each new reason that needs a person; it gets JSON, too"),
        Setting(
            "retention.files", \.retention.files, span(years),
            "how long after a job's end its files are kept, such as 90d; without a value, forever"),
        Setting(
            "retention.inputs", \.retention.inputs, span(years),
            "how long after a job's end its input is kept; without a value, forever"),
        Setting(
            "retention.rows", \.retention.rows, span(years),
            "how long after a job's end its row and events are kept; without a value, forever"),
        Setting(
            "store", \.store, text,
            "a store that several machines share: postgresql://… or service=NAME. Also --store, $JOBD_STORE"),
        Setting(
            "storage.url", \.storage.url, bucket,
            "object storage for inputs and outputs: s3://BUCKET or s3://BUCKET/PREFIX"),
        Setting(
            "storage.endpoint", \.storage.endpoint, address,
            "the address of another service that speaks S3; https, or http on loopback. Without it, AWS's"),
        Setting("storage.region", \.storage.region, region, "the region of the bucket"),
        Setting(
            "storage.path_style", \.storage.usesPathStyle, flag,
            "whether the bucket is in the path of an address instead of its host"),
        Setting(
            "storage.outputs", \.storage.outputs, word,
            "copy: upload finished files; move: then remove the local file"),
        Setting(
            "storage.presign", \.storage.presign, span(.seconds(60) ... .seconds(7 * 86_400)),
            "how long the presigned address of an input is valid, at most 7d"),
        Setting(
            "metrics_file", \.metricsFile, text,
            """
            a file for node_exporter's textfile collector; \
            a relative path is relative to the state directory
            """),
        Setting("log_level", \.logLevel, word, "debug, info, warning, error"),
    ]

    /// The keys of one entry of `models`.
    static let ofModel: [Setting<Configuration.ModelLimits>] = [
        Setting("max_in_flight", \.maxInFlight, number(0...1_000_000), ""),
        Setting("submit_per_minute", \.submitPerMinute, number(0...1_000_000), ""),
        Setting("price_usd", \.priceUSD, dollars, ""),
        Setting("deadline", \.deadline, span(years), ""),
    ]

    /// The keys of one entry of `budget.labels`.
    static let ofLabel: [Setting<Configuration.BudgetLimits>] = [
        Setting("day_usd", \.perDay, dollars, ""),
        Setting("month_usd", \.perMonth, dollars, ""),
        Setting("total_usd", \.inTotal, dollars, ""),
    ]

    private static func setLabels(
        _ configuration: inout Configuration, _ value: JSON, _: String
    ) throws(ConfigurationError) {
        guard let labels = value.object else {
            throw ConfigurationError("budget.labels must be a JSON object")
        }
        for label in labels.members {
            try configuration.labelBudgets.set("budget.labels", label.key, label.value, Settings.ofLabel)
        }
    }

    private static func setModels(
        _ configuration: inout Configuration, _ value: JSON, _: String
    ) throws(ConfigurationError) {
        guard let models = value.object else { throw ConfigurationError("models must be a JSON object") }
        for model in models.members {
            try configuration.models.set("models", model.key, model.value, Settings.ofModel)
        }
    }

    private static func route(_ value: JSON) throws(SettingFault) -> Configuration.InputRoute? {
        try word(value)
    }

    /// The base URL of the API. The token is sent there, so it must be https, or stay on this machine.
    private static func address(_ value: JSON) throws(SettingFault) -> String {
        let text = try text(value)
        if FileURL.fault(in: text) != nil || text.contains("?") || text.contains("#") {
            throw SettingFault(expectation: "an https address, or an http one on loopback")
        }
        return text
    }
}
