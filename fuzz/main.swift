import Parsers

/// libFuzzer's own main, which takes the command line and calls back with each input.
@_silgen_name("LLVMFuzzerRunDriver")
func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The parser that this run is about: set before the first input.
nonisolated(unsafe) var parser = Parser.json

let name = CommandLine.arguments.dropFirst().first ?? ""
guard let named = Parser(rawValue: name) else {
    preconditionFailure("which parser? \(Parser.allCases.map(\.rawValue).joined(separator: " "))")
}
parser = named
var count = CommandLine.argc - 1
// The parser's name takes the program's place, which libFuzzer does not read.
var words = CommandLine.unsafeArgv + 1
_ = runFuzzer(&count, &words) { bytes, size in
    let input = Array(UnsafeBufferPointer(start: bytes, count: size))
    if let promise = parser.brokenPromise(input) { preconditionFailure(promise) }
    return 0
}
