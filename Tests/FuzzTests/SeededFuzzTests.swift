import Parsers
import Scratch
import Testing

/// A share of the fuzzing that is the same in each run. `make fuzz` does the rest, and adds what it finds to
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

    private static func corpus(_ parser: Parser) -> [[UInt8]] {
        let folders = ["fuzz/corpus/\(parser.rawValue)"] + (parser == .media ? ["Tests/Fixtures/media"] : [])
        return folders.map { "\(FileOnDisk.repository)/\($0)" }.flatMap { folder in
            FileOnDisk.names(folder).filter { !$0.hasPrefix(".") }
                .compactMap { FileOnDisk.bytes("\(folder)/\($0)") }
        }
    }
}
