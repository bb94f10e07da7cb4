internal import Catalogue
internal import JSON
internal import JobModel
internal import JobStore
internal import Orders

/// What is wrong with an input, and which files it names.
struct CheckedInput {
    /// The line in a batch.
    let line: Int?
    /// Nil if the line could not be read.
    var model: String?
    /// Why the line could not be read.
    private(set) var fault: String?
    private(set) var violations: [Violation] = []
    private(set) var files: [NamedFile] = []
    /// What could not be checked, and why.
    private(set) var unchecked: [Violation] = []
    /// Files whose server gave no answer.
    private(set) var unreachable: [Violation] = []
    private var found: [JSON] = []

    init(_ order: Order, _ checker: Checker, line: Int? = nil) throws {
        self.line = line
        model = order.model
        violations = try checker.fileFaults(order) + checker.violations(of: order)
        for file in order.localFiles { found.append(Self.json(file, checker.files.content(of: file.file))) }
        guard let check = order.schema?.check(order.input, takesReferences: true) else { return }
        for file in check.files where ObjectName.isMeant(file.url) {
            unchecked.append(Violation(path: file.path, message: "is looked for when the job is sent"))
        }
        files = check.files.filter {
            !Reference.isMeant($0.url) && !InputFile.isMeant($0.url) && !ObjectName.isMeant($0.url)
        }
        if !check.isWhole {
            unchecked.append(
                Violation(path: "$", message: "not checked completely: the schema is too complex"))
        }
    }

    /// A local file as `--json` shows it.
    private static func json(_ file: StoredInputFile, _ content: FileContent?) -> JSON {
        let (width, height) = (content?.facts.width, content?.facts.height)
        return .object([
            "path": .string(file.path), "original": .optional(file.original), "name": .string(file.file.name),
            "bytes": .optional(content?.facts.bytes), "kind": .optional(content?.kind),
            "media_type": .optional(content?.mediaType), "width": .optional(width.map(Int64.init)),
            "height": .optional(height.map(Int64.init)),
        ])
    }

    init(unreadable fault: String, line: Int) {
        self.line = line
        self.fault = fault
    }

    var isRefused: Bool { fault != nil || !violations.isEmpty }

    /// Adds what is known about a file.
    mutating func judge(_ file: NamedFile, _ report: FileReport) {
        let path = JSONObject.Member(key: "path", value: .string(file.path))
        found.append(.object(JSONObject([path] + report.members.members)))
        func say(_ message: String) -> Violation { Violation(path: file.path, message: message) }
        switch report.verdict {
        case .refused: violations.append(say(report.reason ?? "is not available"))
        case .unreachable: unreachable.append(say(report.reason ?? "cannot be checked now"))
        case .found:
            if let fault = report.fault(for: file.demand) { return violations.append(say(fault)) }
            violations += file.demand.faults(in: report.facts).map(say)
            let rules = file.demand.uncheckedRules(of: report.facts).map(\.rule)
            if !rules.isEmpty {
                let reason = report.reason.map { " (\($0))" } ?? ""
                unchecked.append(say("cannot be checked: \(rules.joined(separator: ", "))\(reason)"))
            }
        }
    }

    var json: JSON {
        func list(_ findings: [Violation]) -> JSON {
            .array(findings.map { .object(["path": .string($0.path), "message": .string($0.message)]) })
        }
        // If a file could not be checked, it is not known whether the input is valid.
        let valid: JSON = isRefused ? .bool(false) : unreachable.isEmpty ? .bool(true) : .null
        return .object([
            "line": .optional(line.map(Int64.init)), "model": .optional(model), "valid": valid,
            "error": .optional(fault), "violations": list(violations), "unchecked": list(unchecked),
            "unreachable": list(unreachable), "files": .array(found),
        ])
    }
}
