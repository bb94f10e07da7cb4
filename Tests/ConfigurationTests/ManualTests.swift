import JSON
import Scratch
import Testing

@testable import Configuration

@Suite struct ManualTests {
    @Test func `every key is explained, here and in docs/configuration.md`() throws {
        let documentation = FileOnDisk.content(FileOnDisk.repository + "/docs/configuration.md")
        for entry in Settings.all {
            #expect(documentation.contains("`\(entry.key)`"), "\(entry.key)")
            #expect(!entry.meaning.isEmpty && !entry.meaning.hasSuffix("."), "\(entry.key)")
        }
    }

    @Test func `what the manual calls a default is the default, as people write it`() throws {
        for setting in Settings.all {
            guard let text = setting.defaultText else { continue }
            var configuration = Configuration()
            let value = (try? JSON(parsing: text, .strict)) ?? .string(text)
            try setting.set(&configuration, value, setting.key)
            #expect(configuration == Configuration(), "\(setting.key)")
        }
        let texts = [
            "https://model-api.runcomfy.net", "outputs", "{date}/{id}-{index}.{ext}", "true", "false", "32",
            "4", "0", "{}", "{}", "500ms", "15s", "1s", "5m", "8", "1h", "10s", "60s", "30s", "8", "2GiB",
            "[\".runcomfy.net\", \".runcomfy.com\"]", "1GiB", "24h", "hold",
            "us-east-1", "false", "none", "24h", "info",
        ]
        #expect(Settings.all.compactMap(\.defaultText) == texts)
    }
}
