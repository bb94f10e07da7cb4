internal import Catalogue
internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore

/// Finds what could stand at the end of a line, by the same definitions that `--help` reads.
struct Completer {
    let environment: [String: String]
    let screen: Screen
    private var isOpened = false
    private var store: JobDatabase?

    init(environment: [String: String], screen: Screen) {
        self.environment = environment
        self.screen = screen
    }

    mutating func candidates(for unfinished: String, after words: [String]) -> Candidates {
        guard
            let place = words.indices.first(where: { isOperand(words, at: $0, ControlProgram.commonOptions) })
        else {
            if let option = waiting(words, ControlProgram.commonOptions) {
                return values(of: option, unfinished)
            }
            return unfinished.hasPrefix("-")
                ? Self.names(of: ControlProgram.commonOptions)
                : .words(ControlProgram.verbs.map { ($0.command.name, $0.command.summary) })
        }
        guard let verb = try? ControlProgram.verb(named: words[place]) else { return .none }
        openStore(words)
        let options = verb.command.options + ControlProgram.commonOptions
        let rest = Array(words[(place + 1)...])
        if let option = waiting(rest, options) { return values(of: option, unfinished) }
        if unfinished.hasPrefix("--"), let equals = unfinished.firstIndex(of: "=") {
            let name = unfinished[..<equals].dropFirst(2)
            guard let option = options.first(where: { $0.name == name }) else { return .none }
            let value = String(unfinished[unfinished.index(after: equals)...])
            guard case .words(let words) = values(of: option, value) else { return .none }
            return .words(words.map { ("--\(name)=\($0.text)", $0.meaning) })
        }
        if unfinished.hasPrefix("-"), unfinished != "-" || rest.isEmpty { return Self.names(of: options) }
        let operands = rest.indices.filter { isOperand(rest, at: $0, options) }.map { rest[$0] }
        return self.operands(of: verb, after: operands, unfinished)
    }

    private static func names(of options: [Option]) -> Candidates {
        .words(options.map { ("--\($0.name)", $0.help) })
    }

    /// Whether a word is neither an option nor the value of one.
    private func isOperand(_ words: [String], at index: Int, _ options: [Option]) -> Bool {
        !words[index].hasPrefix("-") && waiting(Array(words[..<index]), options) == nil
    }

    /// The option whose value comes next.
    private func waiting(_ words: [String], _ options: [Option]) -> Option? {
        guard let last = words.last, last.hasPrefix("-") else { return nil }
        return options.first { option in
            option.value != nil
                && (last == "--\(option.name)" || option.short.map { last == "-\($0)" } == true)
        }
    }

    private mutating func openStore(_ words: [String]) {
        guard !isOpened else { return }
        isOpened = true
        let place = words.firstIndex(of: "--state-dir").map { $0 + 1 }.flatMap {
            $0 < words.count ? words[$0] : nil
        }
        guard let directory = try? StateDirectory.resolve(option: place, environment: environment) else {
            return
        }
        store = try? JobDatabase(directory, .read, busyTimeout: .milliseconds(200))
    }

    private func values(of option: Option, _ unfinished: String) -> Candidates {
        switch option.value {
        case "FILE": return .files
        case "DIR": return .directories
        case "GROUP": return .words(Statistics.Grouping.allCases.map(\.rawValue))
        case "STATE": return Self.list(JobState.allCases.map(\.rawValue), after: unfinished)
        case "COLUMNS": return Self.list(JobColumn.names, after: unfinished)
        case "ORDER":
            let dash = unfinished.hasPrefix("-") ? "-" : ""
            return .words(JobOrder.Key.allCases.map { dash + $0.rawValue })
        case "MODEL": return models()
        case "KEY=VALUE": return .words(Configuration.manual.map { ("\($0.key)=", $0.meaning) })
        case "TEXT" where option.name == "label": return .words((try? store?.labels(limit: 200)) ?? [])
        default: return .none
        }
    }

    /// Words that may follow each other, with commas between them.
    private static func list(_ words: [String], after unfinished: String) -> Candidates {
        let before = unfinished.lastIndex(of: ",").map { unfinished[...$0] } ?? ""
        return .words(words.map { before + $0 })
    }

    private func models() -> Candidates {
        let stored = (try? store?.storedModels().map(\.model)) ?? []
        return .words(Set(Schema.builtIn.map(\.modelID) + stored).sorted())
    }

    private func operands(
        of verb: any ControlVerb.Type, after words: [String], _ unfinished: String
    ) -> Candidates {
        switch (verb.command.name, words.count) {
        case ("help", 0):
            return .words(
                ControlProgram.verbs.map { ($0.command.name, $0.command.summary) }
                    + HelpTopic.all.map { ($0.name, $0.summary) })
        case ("completion", 0): return .words(Shell.allCases.map(\.rawValue))
        case ("backup", 0),
            ("models", 1) where words.first == "import":
            return .files
        case ("models", 0): return .words(["show", "refresh", "import", "forget"])
        case ("models", _) where words.first == "refresh": return models()
        case ("models", 1): return models()
        case ("enqueue", 0), ("validate", 0): return models()
        case ("enqueue", _), ("validate", _):
            return inputs(of: words[0], unfinished, given: words.dropFirst())
        default:
            let operands = verb.command.operands
            return operands.contains("ID") ? ids(Self.states[verb.command.name] ?? [], except: words) : .none
        }
    }

    /// The states in which a verb has something to do; of the others, it looks at any job.
    private static let states: [String: [JobState]] = [
        "cancel": [.held, .queued, .submitting, .inQueue, .inProgress], "retry": [.failed, .cancelled],
        "hold": [.queued], "release": [.held], "resolve": [.uncertain],
        "wait": [.held, .queued, .submitting, .uncertain, .inQueue, .inProgress, .downloading],
    ]

    private func ids(_ states: [JobState], except words: [String]) -> Candidates {
        var filter = JobFilter()
        (filter.states, filter.limit) = (states, 100)
        let jobs = (try? store?.jobs(filter)) ?? []
        return .words(
            jobs.filter { !words.contains(String($0.id)) }.map { job in
                let what = [job.state.rawValue, job.label, job.prompt].compactMap { $0 }.joined(
                    separator: " ")
                return (String(job.id), DisplayWidth.cut(SafeText.escape(what), to: 60))
            })
    }

    /// `KEY=` of the model's input; then the choices of that key.
    private func inputs(of model: String, _ unfinished: String, given: ArraySlice<String>) -> Candidates {
        let document = (try? store?.storedModel(model)).flatMap { $0?.document }
        guard let schema = Schema.known(model, stored: document) else { return .none }
        guard let equals = unfinished.firstIndex(of: "=") else {
            let open = schema.properties.filter { property in
                property.isList || !given.contains { $0.hasPrefix(property.name + "=") }
            }
            return .words(open.map { ("\($0.name)=", $0.title ?? $0.description ?? "") })
        }
        let key = String(unfinished[..<equals])
        guard let property = schema[key] else { return .none }
        let choices = property.type == .boolean ? [.bool(true), .bool(false)] : property.choices
        return .words(choices.map { "\(key)=\($0.string ?? $0.text)" })
    }
}
