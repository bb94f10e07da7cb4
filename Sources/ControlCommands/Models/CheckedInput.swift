internal import Catalogue
internal import JSON

/// What is known to be wrong with an input, and of which files more may be known.
struct CheckedInput {
    /// Its line in a batch.
    let line: Int?
    /// Nil where the line could not be read.
    var model: String?
    /// Why the line is none.
    private(set) var fault: String?
    private(set) var violations: [Violation] = []
    private(set) var files: [NamedFile] = []
    /// What could not be checked, and why.
    private(set) var unchecked: [Violation] = []
    /// Files that nobody gave an answer about.
    private(set) var unreachable: [Violation] = []
    private var found: [JSON] = []

    init(_ model: String, _ input: JSON, _ schema: Schema?, line: Int? = nil) {
        self.line = line
        self.model = model
        guard let check = schema?.check(input) else { return }
        (violations, files) = (check.violations, check.files)
        if !check.isWhole {
            unchecked.append(
                Violation(path: "$", message: "not checked to its end: the schema asks for too much"))
        }
    }

    init(unreadable fault: String, line: Int) {
        self.line = line
        self.fault = fault
    }

    var isRefused: Bool { fault != nil || !violations.isEmpty }

    /// Adds what a look at a file has shown.
    mutating func judge(_ file: NamedFile, _ look: FileLook) {
        var members = look.members
        members.members.insert(JSONObject.Member(key: "path", value: .string(file.path)), at: 0)
        found.append(.object(members))
        func say(_ message: String) -> Violation { Violation(path: file.path, message: message) }
        switch look.verdict {
        case .refused: violations.append(say(look.reason ?? "cannot be had"))
        case .unreachable: unreachable.append(say(look.reason ?? "cannot be asked for"))
        case .found:
            if let fault = look.fault(for: file.demand) { return violations.append(say(fault)) }
            violations += file.demand.faults(in: look.facts).map(say)
            let rules = file.demand.uncheckedRules(of: look.facts).map(\.rule)
            if !rules.isEmpty {
                let reason = look.reason.map { " (\($0))" } ?? ""
                unchecked.append(say("cannot be checked: \(rules.joined(separator: ", "))\(reason)"))
            }
        }
    }

    var json: JSON {
        func list(_ findings: [Violation]) -> JSON {
            .array(findings.map { .object(["path": .string($0.path), "message": .string($0.message)]) })
        }
        // Whether a file that nobody could look at is right, nobody knows.
        let valid: JSON = isRefused ? .bool(false) : unreachable.isEmpty ? .bool(true) : .null
        return .object([
            "line": .optional(line.map(Int64.init)), "model": .optional(model), "valid": valid,
            "error": .optional(fault), "violations": list(violations), "unchecked": list(unchecked),
            "unreachable": list(unreachable), "files": .array(found),
        ])
    }
}
