import Glibc
import JSON
import Testing

@testable import Configuration

@Suite struct ManualTests {
    private func text(_ path: String) throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try #require(fopen("/\(root)/\(path)", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    @Test func `every key is explained, and stands in docs/configuration.md`() throws {
        let documentation = try text("docs/configuration.md")
        #expect(Configuration.manual.count == Setting.all.count + 1)
        for entry in Configuration.manual {
            #expect(documentation.contains("`\(entry.key)`"), "\(entry.key)")
            #expect(!entry.meaning.isEmpty && !entry.meaning.hasSuffix("."), "\(entry.key)")
        }
    }

    @Test func `what the manual calls a default is the default`() throws {
        for setting in Setting.all {
            guard let text = setting.defaultText else { continue }
            var configuration = Configuration()
            try setting.apply(&configuration, (try? JSON(parsing: text, .strict)) ?? .string(text))
            #expect(configuration == Configuration(), "\(setting.key)")
        }
    }
}
