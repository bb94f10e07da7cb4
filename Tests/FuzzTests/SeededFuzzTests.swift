import Glibc
import Parsers
import Testing

/// A share of the fuzzing that is the same in each run: `make fuzz` does the rest, and finds what it adds to
/// the corpus.
@Suite struct SeededFuzzTests {
    @Test(arguments: Parser.allCases)
    func `no mutation of the corpus breaks a parser's promise`(parser: Parser) throws {
        let seeds = Self.corpus(parser)
        try #require(!seeds.isEmpty, "no corpus of \(parser)")
        for seed in seeds { #expect(parser.brokenPromise(seed) == nil, "\(parser): \(seed)") }
        var mutator = Mutator(seeds)
        for _ in 0..<2000 {
            let input = mutator.next()
            if let promise = parser.brokenPromise(input) { Issue.record("\(parser): \(promise): \(input)") }
        }
    }

    static func corpus(_ parser: Parser) -> [[UInt8]] {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let own = files("/\(root)/fuzz/corpus/\(parser.rawValue)")
        return parser == .media ? own + files("/\(root)/Tests/Fixtures/media") : own
    }

    private static func files(_ folder: String) -> [[UInt8]] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().map { bytes("\(folder)/\($0)") }
    }

    private static func bytes(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}
