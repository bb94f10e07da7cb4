import CommandLineTool
import Testing

@Suite struct ArgumentsTests {
    private let options: [Option] = [.label, .state, .json, .quiet, .yes, .limit]

    private func read(_ words: String...) throws -> Arguments { try Arguments(words, options: options) }

    private func fault(_ words: String...) -> Failure? {
        do throws(Failure) {
            _ = try Arguments(words, options: options)
            return nil
        } catch { return error }
    }

    @Test func `a value follows a space or an equals sign`() throws {
        #expect(try read("--label", "cats").value(.label) == "cats")
        #expect(try read("--label=cats").value(.label) == "cats")
        #expect(try read("--label=a=b").value(.label) == "a=b")
        #expect(try read("--label=").value(.label) == "")
        #expect(try read("--label", "--json").value(.label) == "--json")
        #expect(try read("--label", "--json").has(.json) == false)
    }

    @Test func `short options may be alone, together, or with their value`() throws {
        let together = try read("-qy")
        #expect(together.has(.quiet) && together.has(.yes))
        #expect(try read("-l5").value(.limit) == "5")
        #expect(try read("-l", "5").value(.limit) == "5")
        #expect(try read("-ql5").value(.limit) == "5")
        #expect(fault("-x") == .usage("unknown option -x", hint: "--help lists the options"))
        #expect(fault("-ql") == .usage("--limit needs a value: N"))
    }

    @Test func `options and operands mix, and two dashes end the options`() throws {
        let mixed = try read("1", "--json", "2", "-q", "3")
        #expect(mixed.operands == ["1", "2", "3"])
        let ended = try read("--json", "--", "--label", "-q", "--")
        #expect(ended.operands == ["--label", "-q", "--"])
        #expect(!ended.has(.quiet))
    }

    @Test func `a single dash and a negative number are operands`() throws {
        #expect(try read("-", "-5", "--limit", "-5").operands == ["-", "-5"])
        #expect(try read("--limit", "-5").integer(.limit) == -5)
    }

    @Test func `an option that repeats keeps all values, another is refused the second time`() throws {
        #expect(try read("--state", "held", "--state=queued").values(.state) == ["held", "queued"])
        #expect(fault("--label", "a", "--label", "b") == .usage("--label is given twice"))
        #expect(try read("--json", "--json").has(.json))
    }

    @Test func `what cannot be read is said, with the nearest option`() {
        #expect(fault("--labl=x") == .usage("unknown option --labl", hint: "did you mean --label?"))
        #expect(fault("--json=yes") == .usage("--json takes no value"))
        #expect(fault("--label") == .usage("--label needs a value: TEXT"))
        #expect(fault("--\u{1B}[2J")?.message.unicodeScalars.contains("\u{1B}") == false)
        #expect(fault("-\u{1B}")?.message.unicodeScalars.contains("\u{1B}") == false)
        #expect(fault("--json\u{202E}=1")?.message.unicodeScalars.contains("\u{202E}") == false)
    }

    @Test(arguments: ["", "x", "1.5", "9223372036854775808", "1 ", "\u{1B}[2J"])
    func `a number is a whole number`(text: String) throws {
        let arguments = try read("--limit", text)
        let error = #expect(throws: Failure.self) { try arguments.integer(.limit) }
        #expect(error?.code == .usage)
        #expect(error?.message.unicodeScalars.contains("\u{1B}") == false)
    }

    @Test func `a digit may be an option, and is a number otherwise`() throws {
        let null = Option("null", short: "0", "a switch")
        #expect(try Arguments(["-0"], options: [null]).has(null))
        #expect(try Arguments(["-1"], options: [null]).operands == ["-1"])
    }

    @Test func `a number keeps to its bounds`() throws {
        let arguments = try read("--limit=9223372036854775807")
        #expect(try arguments.integer(.limit) == .max)
        #expect(throws: Failure.self) { try arguments.integer(.limit, in: 0...50) }
        #expect(try arguments.integer(.label) == nil)
    }

    @Test func `the words after a verb can be left for it to read`() throws {
        let leading = try Arguments(["--json", "list", "--bogus"], options: options, stopsAtOperand: true)
        #expect(leading.has(.json))
        #expect(leading.operands == ["list", "--bogus"])
    }
}

extension Option {
    fileprivate static let label = Option("label", value: "TEXT", "a label")
    fileprivate static let state = Option("state", value: "STATE", repeats: true, "a state")
    fileprivate static let json = Option("json", "a switch")
    fileprivate static let quiet = Option("quiet", short: "q", "a switch")
    fileprivate static let yes = Option("yes", short: "y", "a switch")
    fileprivate static let limit = Option("limit", short: "l", value: "N", "a number")
}
