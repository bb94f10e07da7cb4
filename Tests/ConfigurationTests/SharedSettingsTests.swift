import Configuration
import JSON
import Testing

/// What a jobd tells those that share the store of its settings.
@Suite struct SharedSettingsTests {
    private static let written = """
        {"token_file": "/etc/token", "on_finish": ["notify", "secret"], "store": "postgresql:///jobd",
         "output_dir": "/big", "max_in_flight": 7, "submit_per_minute": 9, "deadline": "2h",
         "retry": {"patience": "0s", "min": "1500ms"}, "budget": {"day_usd": 12.5, "labels": {"cats*": {"total_usd": 3}}},
         "models": {"a/b": {"max_in_flight": 0, "price_usd": 0.25}, "c/*": {"deadline": "1m"}},
         "min_free": "3MB", "on_uncertain": "resubmit", "sidecar": false, "download": {"hosts": ["x.test"]},
         "storage": {"url": "s3://bucket/p", "path_style": true}}
        """

    private func configuration() throws -> Configuration {
        var reader = ConfigurationReader()
        try reader.read(file: Array(Self.written.utf8))
        return try reader.finished()
    }

    @Test func `every limit is read back as it was written`() throws {
        let configuration = try configuration()
        var expected = configuration
        (expected.tokenFile, expected.onFinish, expected.store) = (nil, nil, nil)
        expected.outputDirectory = Configuration().outputDirectory
        #expect(Configuration(shared: configuration.sharedJSON.text) == expected)
        #expect(Configuration(shared: Configuration().sharedJSON.text) == Configuration())
    }

    @Test func `nothing of one machine alone, and no secret, is told`() throws {
        let text = try configuration().sharedJSON.text
        for word in ["token", "secret", "postgresql", "/big", "log_level"] { #expect(!text.contains(word)) }
    }

    @Test func `what another version has written is left out`() {
        let read = Configuration(
            shared: #"{"max_in_flight": 3, "new_key": 1, "deadline": 9, "token_file": "/x"}"#)
        var expected = Configuration()
        expected.maxInFlight = 3
        #expect(read == expected)
        #expect(Configuration(shared: "{}") == nil)
        #expect(Configuration(shared: "no JSON") == nil)
    }

    @Test func `the storage is named as --set takes it`() throws {
        var reader = ConfigurationReader()
        for assignment in try configuration().storageAssignments { try reader.read(assignment: assignment) }
        #expect(try reader.finished().storage == configuration().storage)
        #expect(Configuration().storageAssignments.isEmpty)
    }
}
