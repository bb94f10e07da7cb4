internal import CommandLineTool

/// Reads jobsim's command line.
package enum OptionParser {
    package enum Outcome: Sendable {
        case run(Options)
        case help(String)
        case usage(String)
    }

    package static func parse(_ arguments: [String]) -> Outcome {
        var options = Options()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let halves = argument.split(separator: "=", maxSplits: 1).map(String.init)
            switch argument {
            case "--help", "-h": return .help(HelpText.text)
            case "--strict-models": options.strictModels = true
            default:
                guard let name = halves.first, names.contains(name) else {
                    return .usage("unknown option \(argument), see jobsim --help")
                }
                guard let value = halves.count == 2 ? halves[1] : rest.popFirst() else {
                    return .usage("\(name) needs a value, see jobsim --help")
                }
                // For make: the manual page, with the date that it is given.
                if name == "--man" { return .help(HelpText.manual(date: value)) }
                do {
                    if try !set(name, value, in: &options) {
                        return .usage("\(name) cannot be \"\(value)\", see jobsim --help")
                    }
                } catch {
                    return .usage("\(error)")
                }
            }
        }
        return .run(options)
    }

    private static let names = Set(
        HelpText.command.options.filter { $0.value != nil }.map { "--\($0.name)" } + ["--man"])

    /// False when the value makes no sense.
    private static func set(_ name: String, _ value: String, in options: inout Options) throws -> Bool {
        switch name {
        case "--listen": options.address = value
        case "--port": return assign(UInt16(value), to: &options.port) { _ in true }
        case "--token":
            options.token = value
            return !value.isEmpty
        case "--queue": return assign(Quantity.seconds(value), to: &options.queueSeconds) { _ in true }
        case "--run": return assign(Quantity.seconds(value), to: &options.runSeconds) { _ in true }
        case "--jitter": return assign(Double(value), to: &options.jitter) { (0...1).contains($0) }
        case "--concurrency": return assign(Int(value), to: &options.concurrency) { $0 >= 0 }
        case "--slow-bytes":
            options.bytesPerSecond = Quantity.bytes(value)
            return options.bytesPerSecond ?? 0 > 0
        case "--image-width": return assign(Int(value), to: &options.imageWidth) { (16...8192).contains($0) }
        case "--balance":
            options.balance = Double(value)
            return options.balance.map { $0.isFinite && $0 >= 0 } ?? false
        case "--state":
            options.stateDirectory = value
            return !value.isEmpty
        case "--seed":
            options.seed = UInt64(value)
            return options.seed != nil
        case "--threads": return assign(Int(value), to: &options.threads) { (1...64).contains($0) }
        default: try options.addFault(value)
        }
        return true
    }

    private static func assign<Value>(
        _ value: Value?, to place: inout Value, if isFine: (Value) -> Bool
    ) -> Bool {
        guard let value, isFine(value) else { return false }
        place = value
        return true
    }
}
