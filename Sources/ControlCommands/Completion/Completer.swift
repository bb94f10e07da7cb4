internal import Catalogue
internal import CommandLineTool
internal import Configuration
internal import JSON
internal import JobModel
internal import JobStore
internal import Startup

/// What could replace an unfinished word.
enum Candidates {
    /// Words, each with a short explanation.
    case words([(text: String, meaning: String)])
    case files
    /// What follows the = of `KEY=`.
    case filesOfValue
    case directories

    static func words(_ texts: [String]) -> Candidates { .words(texts.map { ($0, "") }) }

    static let none = words([String]())
}

/// Finds candidates for the last word of a line, from the same definitions that `--help` reads.
struct Completer {
    let environment: [String: String]
    var store: JobDatabase?

    mutating func candidates(for unfinished: String, after words: [String]) -> Candidates {
        guard
            let first = words.indices.first(where: { isOperand(words, at: $0, ControlProgram.commonOptions) })
        else {
            if let option = optionWithoutValue(words, ControlProgram.commonOptions) {
                return values(of: option, of: nil, unfinished)
            }
            return unfinished.hasPrefix("-")
                ? Self.names(of: ControlProgram.commonOptions)
                : .words(ControlProgram.verbs.map { ($0.command.name, $0.command.summary) })
        }
        guard let verb = try? ControlProgram.verb(named: words[first]) else { return .none }
        openStore(words)
        let options = verb.command.options + ControlProgram.commonOptions
        let rest = Array(words[(first + 1)...])
        let operands = rest.indices.filter { isOperand(rest, at: $0, options) }.map { rest[$0] }
        let model = model(of: operands, rest)
        if let option = optionWithoutValue(rest, options) { return values(of: option, of: model, unfinished) }
        if unfinished.hasPrefix("--"), let equals = unfinished.firstIndex(of: "=") {
            let name = unfinished[..<equals].dropFirst(2)
            guard let option = options.first(where: { $0.name == name }) else { return .none }
            let value = String(unfinished[unfinished.index(after: equals)...])
            guard case .words(let words) = values(of: option, of: model, value) else { return .none }
            return .words(words.map { ("--\(name)=\($0.text)", $0.meaning) })
        }
        if unfinished.hasPrefix("-"), unfinished != "-" || rest.isEmpty { return Self.names(of: options) }
        return self.operands(of: verb, after: operands, unfinished, model)
    }

    private static func names(of options: [Option]) -> Candidates {
        .words(options.map { ("--\($0.name)", $0.help) })
    }

    /// Whether a word is neither an option nor the value of one.
    private func isOperand(_ words: [String], at index: Int, _ options: [Option]) -> Bool {
        !words[index].hasPrefix("-") && optionWithoutValue(Array(words[..<index]), options) == nil
    }

    /// The option at the end of the words, if its value must follow.
    private func optionWithoutValue(_ words: [String], _ options: [Option]) -> Option? {
        guard let last = words.last, last.hasPrefix("-") else { return nil }
        return options.first { option in
            option.value != nil
                && (last == "--\(option.name)" || option.short.map { last == "-\($0)" } == true)
        }
    }

    private mutating func openStore(_ words: [String]) {
        // Another machine is not asked: a completion must not wait for it.
        let host = environment[HostAddress.variable] ?? ""
        if !host.isEmpty || words.contains(where: { $0.hasPrefix("--\(Option.host.name)") }) { return }
        let named = words.indices.filter { ["--state-dir", "--store"].contains(words[$0]) }
            .flatMap { words[$0...].prefix(2) }
        guard let arguments = try? Arguments(named, options: [.stateDirectory, .store]),
            let directory = try? StateDirectory.find(arguments, environment)
        else { return }
        store = try? JobDatabase(directory, .read, busyTimeout: .milliseconds(200))
    }

    private func word(after option: String, in words: [String]) -> String? {
        words.firstIndex(of: option).flatMap { words.dropFirst($0 + 1).first }
    }

    private func values(of option: Option, of model: String?, _ unfinished: String) -> Candidates {
        switch option.value {
        case "FILE": return .files
        case "DIR": return .directories
        case "GROUP": return .words(Statistics.Grouping.allCases.map(\.rawValue))
        case Option.outputKind.value:
            return Self.list(Output.Kind.allCases.map(\.rawValue), after: unfinished)
        case "STATE": return Self.list(JobState.allCases.map(\.rawValue), after: unfinished)
        case "COLUMNS": return Self.list(JobColumn.names, after: unfinished)
        case "ORDER":
            let dash = unfinished.hasPrefix("-") ? "-" : ""
            return .words(JobOrder.Key.allCases.map { dash + $0.rawValue })
        case "MODEL": return modelNames
        case "KIND": return Self.list(EventKind.allCases.map(\.rawValue), after: unfinished)
        case "ID": return ids([], except: [])
        case "KEY": return model.map { keys(of: $0, given: []) } ?? .none
        case "KEY=A,B,…": return model.map { inputs(of: $0, unfinished, given: [], asList: true) } ?? .none
        case "KEY=VALUE": return .words(Settings.all.map { ("\($0.key)=", $0.meaning) })
        case "LABEL": return .words((try? store?.labels(limit: 200)) ?? [])
        default: return .none
        }
    }

    /// Words of which several may be given, with commas between them.
    private static func list(_ words: [String], after unfinished: String) -> Candidates {
        let before = unfinished.lastIndex(of: ",").map { unfinished[...$0] } ?? ""
        return .words(words.map { before + $0 })
    }

    private var knownModels: [String] {
        Set(Schema.builtIn.map(\.modelID) + ((try? store?.storedModels().map(\.model)) ?? [])).sorted()
    }

    /// The known models, by their whole ids and by the ends that are enough.
    private var modelNames: Candidates {
        let known = knownModels
        return .words(known.map { ($0, "") } + ModelName.shortNames(of: known).map { ($0.name, $0.id) })
    }

    private func operands(
        of verb: any ControlVerb.Type, after words: [String], _ unfinished: String, _ model: String?
    ) -> Candidates {
        switch (verb.command.name, words.count) {
        case ("help", 0):
            return .words(
                ControlProgram.verbs.map { ($0.command.name, $0.command.summary) }
                    + HelpTopic.all.map { ($0.name, $0.summary) })
        case ("completion", 0): return .words(Shell.allCases.map(\.rawValue))
        case ("backup", 0), ("restore", 0),
            ("models", 1) where words.first == "import":
            return .files
        case ("gallery", 0): return .directories
        case ("models", 0): return .words(["show", "refresh", "import", "forget"])
        case ("models", 1...) where words.count == 1 || words.first == "refresh": return modelNames
        case ("enqueue", _), ("validate", _):
            guard let model else { return modelNames }
            return inputs(of: model, unfinished, given: words)
        case ("rerun", 1...) where words.first != "-":
            return model.map { inputs(of: $0, unfinished, given: words) } ?? .none
        default:
            let operands = verb.command.operands
            return operands.contains("ID") ? ids(Self.states[verb.command.name] ?? [], except: words) : .none
        }
    }

    /// The states that suit a verb; a verb that is not listed takes any job.
    private static let states: [String: [JobState]] = [
        "cancel": [.held, .queued, .submitting, .inQueue, .inProgress], "retry": [.failed, .cancelled],
        "hold": [.queued], "release": [.held], "resolve": [.uncertain],
        "watch": unfinished, "wait": unfinished, "files": [.completed], "open": [.completed],
    ]
    private static let unfinished = JobState.allCases.filter { !$0.hasEnded }

    private func ids(_ states: [JobState], except words: [String]) -> Candidates {
        var filter = JobFilter()
        (filter.states, filter.limit) = (states, 100)
        let jobs = (try? store?.jobs(filter)) ?? []
        return .words(
            jobs.filter { !words.contains(String($0.id)) }.map { job in
                let words = [job.state.rawValue, job.label, job.prompt].compactMap(\.self)
                let meaning = SafeText.escape(words.joined(separator: " "))
                return (String(job.id), DisplayWidth.cut(meaning, to: 60))
            })
    }

    /// The model that a line is about: the first operand, or that of the job it names.
    private func model(of operands: [String], _ words: [String]) -> String? {
        let like = word(after: "--like", in: words)
        let first = operands.first
        if let first, Int64(first) == nil, !first.contains("="), like == nil || !first.isEmpty {
            if case .completed(let model) = ModelName(first, among: knownModels) { return model }
            return first
        }
        return (like ?? first).flatMap { Int64($0) }.flatMap { try? store?.find($0)?.model }
    }

    private func schema(of model: String) -> Schema? {
        Schema.known(model, stored: (try? store?.storedModel(model))?.document)
    }

    private func keys(of model: String, ending: String = "", given: some Sequence<String>) -> Candidates {
        let open = (schema(of: model)?.properties ?? []).filter { property in
            property.isList || !given.contains { $0.utf8.starts(with: (property.name + "=").utf8) }
        }
        return .words(open.map { ($0.name + ending, $0.title ?? $0.description ?? "") })
    }

    private func choices(of key: String, _ model: String) -> [String] {
        guard let property = schema(of: model)?[key] else { return [] }
        let flags: [JSON] = property.type == .boolean ? [.bool(true), .bool(false)] : []
        let choices = property.choices + (property.isList ? property.itemChoices : [])
        return (flags + choices).map { $0.string ?? $0.text }
    }

    /// `KEY=` of the model's input, then the choices of that key, of which a list takes several.
    private func inputs(
        of model: String, _ unfinished: String, given: [String], asList: Bool = false
    ) -> Candidates {
        guard let equals = unfinished.firstIndex(of: "=") else {
            return keys(of: model, ending: "=", given: given)
        }
        let key = String(unfinished[..<equals])
        let value = unfinished[unfinished.index(after: equals)...]
        if !asList, schema(of: model)?[key]?.file != nil, choices(of: key, model).isEmpty {
            return .filesOfValue
        }
        let done = asList ? value.lastIndex(of: ",").map { String(value[...$0]) } ?? "" : ""
        let taken = done.split(separator: ",").map(String.init)
        let open = choices(of: key, model).filter { choice in
            !taken.containsExactly(choice) && !(asList && choice.contains(","))
        }
        return .words(open.map { "\(key)=\(done)\($0)" })
    }
}
