internal import Glibc
internal import Spelling

/// A command line, split into options and operands.
package struct Arguments: Sendable, Equatable {
    private var values: [String: [String]] = [:]
    package private(set) var operands: [String] = []

    /// Reads `--name value`, `--name=value`, `-x` and `-xy`. `--` ends the options; `-` is an operand.
    ///
    /// - Parameter stopsAtOperand: takes everything from the first operand on as operands.
    package init(_ words: [String], options: [Option], stopsAtOperand: Bool = false) throws(Failure) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                return
            } else if word.hasPrefix("--") {
                try readLong(word.dropFirst(2), &rest, options)
            } else if word.hasPrefix("-"), word != "-", !Self.isNegativeNumber(word, options) {
                try readShort(word.dropFirst(), &rest, options)
            } else {
                operands.append(word)
                if stopsAtOperand {
                    operands += rest
                    return
                }
            }
        }
    }

    /// The arguments of this process. They must be UTF-8: a prompt in another encoding would lose letters,
    /// and be paid for all the same.
    package static func ofThisProcess() throws(Failure) -> [String] {
        var words: [String] = []
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let word = unsafe CommandLine.unsafeArgv[index] else { break }
            guard let text = unsafe String(validatingCString: word) else {
                throw .usage(
                    "\"\(unsafe SafeText.escape(String(cString: word)))\" is not UTF-8",
                    hint: "the terminal's encoding must be UTF-8")
            }
            words.append(text)
        }
        return words
    }

    private static func isNegativeNumber(_ word: String, _ options: [Option]) -> Bool {
        guard let first = word.dropFirst().first, ("0"..."9").contains(first) else { return false }
        return !options.contains { $0.short == first }
    }

    private mutating func readLong(
        _ word: Substring, _ rest: inout ArraySlice<String>, _ options: [Option]
    ) throws(Failure) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        guard let option = options.first(where: { $0.name == name }) else {
            let near = Suggestion.nearest(to: name, among: options.map(\.name))
            throw .usage(
                "unknown option --\(SafeText.escape(name))",
                hint: near.map { "did you mean --\($0)?" } ?? "--help lists the options")
        }
        switch (option.value, parts.count) {
        case (nil, 1): try record(option, "")
        case (nil, _): throw .usage("--\(name) takes no value")
        case (_, 1): try record(option, try Self.value(of: option, from: &rest))
        default: try record(option, String(parts[1]))
        }
    }

    private mutating func readShort(
        _ letters: Substring, _ rest: inout ArraySlice<String>, _ options: [Option]
    ) throws(Failure) {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let option = options.first(where: { $0.short == letter }) else {
                throw .usage(
                    "unknown option -\(SafeText.escape(String(letter)))", hint: "--help lists the options")
            }
            if option.value == nil {
                try record(option, "")
            } else {
                try record(
                    option, letters.isEmpty ? try Self.value(of: option, from: &rest) : String(letters))
                return
            }
        }
    }

    private static func value(of option: Option, from rest: inout ArraySlice<String>) throws(Failure)
        -> String
    {
        guard let value = rest.popFirst() else {
            throw .usage("--\(option.name) needs a value: \(option.value ?? "")")
        }
        return value
    }

    private mutating func record(_ option: Option, _ value: String) throws(Failure) {
        if values[option.name] != nil, !option.repeats, option.value != nil {
            throw .usage("--\(option.name) is given twice")
        }
        values[option.name, default: []].append(value)
    }

    package func has(_ option: Option) -> Bool { values[option.name] != nil }
    package func value(_ option: Option) -> String? { values[option.name]?.last }
    package func values(_ option: Option) -> [String] { values[option.name] ?? [] }

    /// The options as words again, each by its long name.
    package func words(of options: [Option], without left: [Option]) -> [String] {
        options.filter { !left.contains($0) }.flatMap { option in
            values(option).map { option.value == nil ? "--\(option.name)" : "--\(option.name)=\($0)" }
        }
    }

    /// The option's value as a whole number.
    package func integer(_ option: Option, in range: ClosedRange<Int64> = .min ... .max) throws(Failure)
        -> Int64?
    {
        guard let text = value(option) else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw .usage("--\(option.name) takes a whole number, not \"\(SafeText.escape(text))\"")
        }
        return number
    }
}

/// The environment of this process.
package enum Environment {
    package static func values(of names: [String]) -> [String: String] {
        names.reduce(into: [:]) { values, name in
            if let value = unsafe getenv(name) { values[name] = unsafe String(cString: value) }
        }
    }
}
