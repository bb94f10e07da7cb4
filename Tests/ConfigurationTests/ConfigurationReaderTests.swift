import Configuration
import JSON
import Testing

@Suite struct ConfigurationReaderTests {
    private func read(_ text: String) throws(ConfigurationError) -> Configuration {
        var reader = ConfigurationReader()
        try reader.read(file: Array(text.utf8))
        return try reader.finished()
    }

    private func read(assignments: String...) throws(ConfigurationError) -> Configuration {
        var reader = ConfigurationReader()
        for assignment in assignments { try reader.read(assignment: assignment) }
        return try reader.finished()
    }

    /// Every key of the contract, with a value that is not its default.
    private static let keys: [(key: String, value: String, check: @Sendable (Configuration) -> Bool)] = [
        ("api_url", #""https://api.example.com""#, { $0.apiURL == "https://api.example.com" }),
        ("token_file", #""/run/token""#, { $0.tokenFile == "/run/token" }),
        ("output_dir", #""/data""#, { $0.outputDirectory == "/data" }),
        ("output_name", #""{id}.{ext}""#, { $0.outputName == "{id}.{ext}" }),
        ("sidecar", "false", { !$0.writesSidecar }),
        ("max_in_flight", "7", { $0.maxInFlight == 7 }),
        ("max_submitting", "2", { $0.maxSubmitting == 2 }),
        ("submit_per_minute", "60", { $0.submitPerMinute == 60 }),
        ("budget.day_usd", "12.50", { $0.budget.perDay == 12.5 }),
        ("budget.month_usd", "50", { $0.budget.perMonth == 50 }),
        ("budget.total_usd", "100", { $0.budget.inTotal == 100 }),
        ("poll.min", #""250ms""#, { $0.pollMin == .milliseconds(250) }),
        ("poll.max", #""1m""#, { $0.pollMax == .seconds(60) }),
        ("retry.min", #""2s""#, { $0.retryMin == .seconds(2) }),
        ("retry.max", #""1h""#, { $0.retryMax == .seconds(3600) }),
        ("retry.attempts", "3", { $0.retryAttempts == 3 }),
        ("retry.patience", #""10m""#, { $0.retryPatience == .seconds(600) }),
        ("retry.patience", #""0s""#, { $0.retryPatience == .zero }),
        ("timeout.connect", #""3s""#, { $0.connectTimeout == .seconds(3) }),
        ("timeout.answer", #""90s""#, { $0.answerTimeout == .seconds(90) }),
        ("timeout.silence", #""15s""#, { $0.silenceTimeout == .seconds(15) }),
        ("download.parallel", "2", { $0.parallelDownloads == 2 }),
        ("download.max_bytes", #""500MB""#, { $0.maxBytes == 500_000_000 }),
        ("download.hosts", #"[".example.com", "a.b"]"#, { $0.downloadHosts == [".example.com", "a.b"] }),
        ("min_free", #""2GiB""#, { $0.minFree == 2 << 30 }),
        ("deadline", #""48h""#, { $0.deadline == .seconds(172_800) }),
        ("on_uncertain", #""resubmit""#, { $0.onUncertain == .resubmit }),
        ("on_finish", #"["notify", "jobd"]"#, { $0.onFinish == ["notify", "jobd"] }),
        ("on_attention", #"["/bin/true"]"#, { $0.onAttention == ["/bin/true"] }),
        ("storage.url", #""s3://bucket/a/b""#, { $0.storage.url == "s3://bucket/a/b" }),
        ("storage.endpoint", #""http://127.0.0.1:9000""#, { $0.storage.endpoint == "http://127.0.0.1:9000" }),
        ("storage.region", #""eu-west-1""#, { $0.storage.region == "eu-west-1" }),
        ("storage.path_style", "true", { $0.storage.usesPathStyle }),
        ("storage.presign", #""7d""#, { $0.storage.presign == .seconds(604_800) }),
        ("log_level", #""debug""#, { $0.logLevel == .debug }),
    ]

    @Test func `an empty file means the defaults of the contract`() throws {
        let configuration = try read("{}")
        #expect(configuration == Configuration())
        #expect(configuration.apiURL == "https://model-api.runcomfy.net")
        #expect(configuration.outputName == "{date}/{id}-{index}.{ext}")
        #expect(configuration.maxInFlight == 32 && configuration.maxSubmitting == 4)
        #expect(configuration.pollMin == .milliseconds(500) && configuration.pollMax == .seconds(15))
        #expect(configuration.retryMin == .seconds(1) && configuration.retryMax == .seconds(300))
        #expect(configuration.retryAttempts == 8 && configuration.retryPatience == .seconds(3600))
        #expect(configuration.parallelDownloads == 8)
        #expect(configuration.connectTimeout == .seconds(10) && configuration.answerTimeout == .seconds(60))
        #expect(configuration.silenceTimeout == .seconds(30) && configuration.deadline == .seconds(86_400))
        #expect(configuration.maxBytes == 2 << 30 && configuration.minFree == 1 << 30)
        #expect(configuration.downloadHosts == [".runcomfy.net", ".runcomfy.com"])
        #expect(configuration.onUncertain == .hold && configuration.logLevel == .info)
    }

    @Test func `every key is read from a file flat or nested and from set`() throws {
        for (key, value, check) in Self.keys {
            #expect(check(try read(#"{"\#(key)": \#(value)}"#)), "\(key)")
            #expect(check(try read(assignments: "\(key)=\(value)")), "--set \(key)")
            #expect(try read("{}") != (try read(#"{"\#(key)": \#(value)}"#)), "\(key)")
            let parts = key.split(separator: ".")
            if parts.count == 2 {
                #expect(check(try read(#"{"\#(parts[0])": {"\#(parts[1])": \#(value)}}"#)), "\(key)")
            }
        }
    }

    @Test func `every key names itself if its value is wrong`() {
        for (key, _, _) in Self.keys {
            for wrong in ["null", "{}", "[[]]", "-1"] {
                let error = #expect(throws: ConfigurationError.self, "\(key)=\(wrong)") {
                    try read(#"{"\#(key)": \#(wrong)}"#)
                }
                #expect(
                    error?.description.hasPrefix("\(key) must be ") == true, "\(error.map { "\($0)" } ?? "")")
            }
        }
    }

    @Test func `budgets of labels are read whole or one by one, and a wrong one names its key`() throws {
        let text = #"{"acme": {"day_usd": 1, "month_usd": 2}, "a.b*": {"total_usd": 3}}"#
        for written in [#"{"budget.labels": \#(text)}"#, #"{"budget": {"labels": \#(text)}}"#] {
            let budgets = try read(written).labelBudgets
            #expect(budgets["acme"]?.perDay == 1 && budgets["acme"]?.perMonth == 2)
            #expect(budgets["a.b*"]?.inTotal == 3 && budgets.count == 2)
        }
        let set = try read(assignments: "budget.labels=\(text)", "budget.labels.a.b*.day_usd=0.5")
            .labelBudgets
        #expect(set["a.b*"]?.perDay == 0.5 && set["a.b*"]?.inTotal == 3)
        for (wrong, key) in [
            ("[]", "budget.labels"), (#"{"a": 1}"#, "budget.labels.a"), (#"{"": {}}"#, "budget.labels."),
            (#"{"a*b": {}}"#, "budget.labels.a*b"), (#"{"a": {"day": 1}}"#, "budget.labels.a.day"),
            (#"{"a": {"day_usd": -1}}"#, "budget.labels.a.day_usd"),
        ] {
            let error = #expect(throws: ConfigurationError.self, "\(wrong)") {
                try read(#"{"budget.labels": \#(wrong)}"#)
            }
            #expect(error?.description.contains(key) == true, "\(error.map { "\($0)" } ?? "")")
        }
    }

    /// It would match no host at all.
    @Test(arguments: [
        ("storage.url", "https://bucket"), ("storage.url", "s3://"), ("storage.url", "s3://bucket/a/../b"),
        ("storage.endpoint", "http://s3.example.com"), ("storage.region", "eu.example.com/"),
        ("storage.presign", "8d"), ("storage.outputs", "both"),
    ])
    func `a storage that cannot be is refused`(key: String, value: String) {
        #expect(throws: ConfigurationError.self) { try read(assignments: "\(key)=\(value)") }
    }

    @Test func `inputs go by the storage where there is one, unless another way is named`() throws {
        #expect(try read(assignments: "retry.min=1s").inputRoute == .data)
        #expect(try read(assignments: "storage.url=s3://bucket").inputRoute == .storage)
        #expect(try read(assignments: "storage.url=s3://bucket", "inputs.via=data").inputRoute == .data)
        #expect(throws: ConfigurationError.self) { try read(assignments: "inputs.via=storage") }
    }

    @Test func `outputs in a storage need one`() throws {
        #expect(throws: ConfigurationError.self) { try read(assignments: "storage.outputs=copy") }
        let configuration = try read(assignments: "storage.outputs=move", "storage.url=s3://bucket")
        #expect(configuration.storage.outputs == .move)
    }

    @Test(arguments: ["*", "*.example.com", "cdn.*", ".*"])
    func `a star in a host is refused with the way to write a suffix`(host: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try read(#"{"download": {"hosts": [".runcomfy.net", "\#(host)"]}}"#)
        }
        let words = error?.description ?? ""
        #expect(words.hasPrefix("download.hosts must be ") && words.contains("\".example.com\""), "\(words)")
    }

    @Test func `comments and trailing commas are allowed`() throws {
        let configuration = try read(
            """
            // for the studio
            {
                "max_in_flight": 3, /* at once */
                "poll": {"min": "1s",},
            }
            """)
        #expect(configuration.maxInFlight == 3 && configuration.pollMin == .seconds(1))
    }

    @Test(arguments: [
        ("max_inflight", "max_in_flight"), ("max_in_fligth", "max_in_flight"), ("poll.mim", "poll.min"),
        ("tokenfile", "token_file"), ("budget.day", "budget.day_usd"), ("loglevel", "log_level"),
        ("model", "models"),
    ])
    func `an unknown key is named with the nearest known one`(key: String, near: String) {
        let error = #expect(throws: ConfigurationError.self) { try read(#"{"\#(key)": 1}"#) }
        #expect(error?.description == "unknown key \"\(key)\"")
        #expect(error?.hint == "did you mean \"\(near)\"?")
    }

    @Test(arguments: ["foo", "x", "ein_ganz_anderes_wort"])
    func `if none is near the nearest is named all the same`(key: String) {
        let error = #expect(throws: ConfigurationError.self) { try read(assignments: "\(key)=1") }
        #expect(error?.hint?.hasPrefix("the nearest known key is \"") == true, "\(error?.hint ?? "")")
        #expect(error?.isUsage == false)
        let ofModel = #expect(throws: ConfigurationError.self) {
            try read(assignments: "models.a/b.\(key)=1")
        }
        #expect(ofModel?.hint?.contains("the nearest known key is \"") == true, "\(ofModel?.hint ?? "")")
    }

    @Test func `an endless key is told where the keys are`() {
        let key = String(repeating: "k", count: 1 << 16)
        let error = #expect(throws: ConfigurationError.self) { try read(#"{"\#(key)": 1}"#) }
        #expect(error?.hint == "docs/configuration.md lists the keys")
    }

    @Test func `an unknown part of a group is named whole`() {
        let error = #expect(throws: ConfigurationError.self) { try read(#"{"poll": {"minimum": "1s"}}"#) }
        #expect(error?.description == "unknown key \"poll.minimum\"")
    }

    @Test(arguments: ["[]", "1", "", "{", #"{"a":1}}"#, "{'a': 1}"])
    func `what is no object is refused`(text: String) {
        #expect(throws: ConfigurationError.self) { try read(text) }
    }

    @Test func `a value of set is JSON if it parses else text`() throws {
        #expect(try read(assignments: "output_name={id}.{ext}").outputName == "{id}.{ext}")
        #expect(try read(assignments: #"output_name="a b.{ext}""#).outputName == "a b.{ext}")
        #expect(try read(assignments: "deadline=2h").deadline == .seconds(7200))
        #expect(try read(assignments: "sidecar=false").writesSidecar == false)
        #expect(try read(assignments: "token_file=/a=b").tokenFile == "/a=b")
        #expect(try read(assignments: "max_in_flight=1", "max_in_flight=2").maxInFlight == 2)
        for wrong in ["max_in_flight", "=1", ""] {
            let error = #expect(throws: ConfigurationError.self) { try read(assignments: wrong) }
            #expect(error?.isUsage == true, "\(wrong)")
        }
    }

    @Test func `models are read in every form`() throws {
        let nested = try read(
            #"{"models": {"a/b-v1.5/c": {"max_in_flight": 2, "price_usd": 0.5, "deadline": "1h"}, "a/*": {"submit_per_minute": 9}}}"#
        )
        let limits = try #require(nested.limits(of: "a/b-v1.5/c"))
        #expect(limits.name == "a/b-v1.5/c" && limits.limits.maxInFlight == 2)
        #expect(limits.limits.priceUSD == 0.5 && limits.limits.deadline == .seconds(3600))
        #expect(nested.limits(of: "a/other")?.limits.submitPerMinute == 9)
        #expect(nested.limits(of: "b") == nil)
        for assignment in [
            "models.a/b-v1.5/c.max_in_flight=2", #"models.a/b-v1.5/c={"max_in_flight":2}"#,
            #"models={"a/b-v1.5/c":{"max_in_flight":2}}"#,
        ] {
            let configuration = try read(assignments: assignment)
            #expect(configuration.limits(of: "a/b-v1.5/c")?.limits.maxInFlight == 2, "\(assignment)")
        }
    }

    @Test func `the longest prefix counts and the whole ID before all`() throws {
        let configuration = try read(
            #"{"models": {"*": {"max_in_flight": 1}, "a/*": {"max_in_flight": 2}, "a/b*": {"max_in_flight": 3}, "a/bc": {"max_in_flight": 4}}}"#
        )
        #expect(
            ["x", "a/x", "a/bx", "a/bc"].map { configuration.limits(of: $0)?.limits.maxInFlight } == [
                1, 2, 3, 4,
            ])
    }

    @Test(arguments: [
        (#"{"models": {"a": {"max_in_fligt": 1}}}"#, "models.a.max_in_fligt"),
        (#"{"models": {"a": {"max_in_flight": -1}}}"#, "models.a.max_in_flight"),
        (#"{"models": {"a": {"price_usd": "cheap"}}}"#, "models.a.price_usd"),
        (#"{"models": {"a": {"deadline": "soon"}}}"#, "models.a.deadline"),
        (#"{"models": {"a*b": {"max_in_flight": 1}}}"#, "models.a*b"),
        (#"{"models": {"a": 1}}"#, "models.a"), (#"{"models": []}"#, "models"),
    ])
    func `a fault in models names its place`(text: String, key: String) {
        let error = #expect(throws: ConfigurationError.self) { try read(text) }
        #expect(error?.description.contains(key) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test(arguments: [
        "http://example.com", "ftp://example.com", "example.com", "https://", "https://user:pw@example.com",
        "https://example.com/?a=1", "https://example.com/#a", "http://127.0.0.1.example.com",
    ])
    func `an address that would lose the token is refused`(url: String) {
        #expect(throws: ConfigurationError.self) { try read(assignments: "api_url=\(url)") }
    }

    @Test(arguments: [
        "http://127.0.0.1:8471", "http://localhost:1", "http://[::1]:8", "https://example.com/base",
        "https://example.com:8443",
    ])
    func `an address that keeps the token is taken`(url: String) throws {
        #expect(try read(assignments: "api_url=\(url)").apiURL == url)
    }

    @Test func `what only the whole can say`() {
        let poll = #expect(throws: ConfigurationError.self) { try read(assignments: "poll.min=1m") }
        #expect(poll?.description.contains("poll.min") == true)
        let old = #expect(throws: ConfigurationError.self) { try read(assignments: "retention.files=99999w") }
        #expect(old?.description.contains("to 3650d") == true, "\(old?.description ?? "")")
        let retry = #expect(throws: ConfigurationError.self) { try read(assignments: "retry.max=1ms") }
        #expect(retry?.description.contains("retry.max") == true)
    }

    @Test(arguments: [
        ("0", Int64(0)), ("123", 123), (#""1KiB""#, 1024), (#""2MiB""#, 2 << 20), (#""3GiB""#, 3 << 30),
        (#""1TiB""#, 1 << 40), (#""5kB""#, 5000), (#""7""#, 7),
    ])
    func `sizes are read`(text: String, bytes: Int64) throws {
        #expect(try read(#"{"min_free": \#(text)}"#).minFree == bytes)
    }

    @Test(arguments: [#""1 GiB""#, #""-1GiB""#, #""GiB""#, #""1XB""#, #""9999999999TiB""#, #""1.5GiB""#])
    func `what is no size is refused`(text: String) {
        #expect(throws: ConfigurationError.self) { try read(#"{"min_free": \#(text)}"#) }
    }

    @Test(arguments: ["5", "5 s", "s", "-5s", "0s", "999999999h", "1.5s", "5S", ""])
    func `what is no span is refused`(text: String) {
        #expect(throws: ConfigurationError.self) { try read(#"{"poll.max": "\#(text)"}"#) }
    }
}
