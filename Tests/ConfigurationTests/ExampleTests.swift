import Scratch
import Testing

@testable import Configuration

/// `systemd/config.json`: what the package installs, and what people begin with.
@Suite struct ExampleTests {
    private let text: String

    init() throws { text = try #require(FileOnDisk.text(FileOnDisk.repository + "/systemd/config.json")) }

    private func read(_ text: String) throws(ConfigurationError) -> Configuration {
        var reader = ConfigurationReader()
        try reader.read(file: Array(text.utf8))
        return try reader.finished()
    }

    /// The lines that set a key, without the slashes before them.
    private var settings: [(key: String, line: String)] {
        text.split(separator: "\n").compactMap { line in
            guard let start = line.firstRange(of: "// \"") else { return nil }
            let line = line[line.index(before: start.upperBound)...]
            return (String(line.dropFirst().prefix { $0 != "\"" }), String(line))
        }
    }

    @Test func `as it is installed, it says nothing but the defaults`() throws {
        #expect(try read(text) == Configuration())
    }

    @Test func `it shows every key there is, once, in their order`() {
        #expect(settings.map(\.key) == Settings.all.map(\.key))
    }

    @Test func `every line of it is a value that is accepted, and the default where there is one`() throws {
        let valued = [
            "token_file", "models", "budget.day_usd", "budget.month_usd", "budget.total_usd", "budget.labels",
            "confirm_above_usd", "inputs.via", "on_finish", "on_attention", "retention.files",
            "retention.inputs", "retention.rows", "store", "storage.url", "storage.endpoint", "metrics_file",
        ]
        for (key, line) in settings {
            let configuration = try read("{\(line)}")
            #expect((configuration == Configuration()) == !valued.contains(key), "\(line)")
        }
    }
}
