internal import Catalogue
internal import CommandLineTool
internal import JSON

/// The words of a command line, one a line: as options, and as `KEY=VALUE` of a model with a schema and of
/// one without.
enum ArgumentPromises {
    private static let limit = Option("limit", value: "N", "")
    private static let options = [
        limit, Option("label", value: "TEXT", repeats: true, ""),
        Option("quiet", short: "q", ""), Option("follow", short: "f", value: "X", ""),
    ]

    static func broken(_ bytes: [UInt8]) -> String? {
        let words = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
        if let arguments = try? Arguments(words, options: options) {
            if arguments.operands.count > words.count { return "more operands than words" }
            _ = try? arguments.integer(limit, in: 0...100)
        }
        for word in words {
            guard let alternatives = try? ArgumentReader.alternatives(word) else { continue }
            let keys = alternatives.map { try? ArgumentReader.split($0).key }
            if keys.contains(where: { $0 != (try? ArgumentReader.split(word).key) }) {
                return "\(word): an alternative of another key"
            }
        }
        for model in [
            "a/b", "bytedance/seedream-4-0/sequential", "bytedance/seedance-v1.5-pro/image-to-video",
        ] {
            let schema = Schema.builtIn(model)
            guard let input = try? ArgumentReader(schema: schema).read(words) else { continue }
            if Set(input.keys).count != input.members.count { return "a key twice" }
            guard (try? JSON(parsing: JSON.object(input).text)) == .object(input) else {
                return "\(JSON.object(input).text) is not read again"
            }
            _ = schema?.violations(in: .object(input))
        }
        return nil
    }
}
