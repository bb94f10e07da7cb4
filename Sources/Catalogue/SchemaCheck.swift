package import JSON
internal import JobModel
internal import Spelling

/// An input checked against its model's schema: what is wrong with it, and which files it names.
///
/// A hostile schema can demand any amount of work. What exceeds the limits is left unchecked, and `isWhole`
/// says so.
package struct SchemaCheck {
    package private(set) var violations: [Violation] = []
    package private(set) var files: [NamedFile] = []
    /// Whether nothing was left unchecked for lack of time.
    package private(set) var isWhole = true

    private let schema: Schema
    private let namesFiles: Bool
    /// Whether a reference may stand for a file.
    private let takesReferences: Bool
    private var path: [PathStep] = []
    private var depth = 0
    private var stepsLeft = 2_000_000
    /// Steps in alternatives, most of which do not fit.
    private var trialStepsLeft = 100_000
    private var isTrial = false
    /// Whether there was a rule of which a part is not checked.
    private var isPartly = false
    /// How many values differ from the only one that is allowed: this tells alternatives apart.
    private var wrongConstants = 0
    /// Finding the nearest name costs more than all other checks, and so many suggestions help nobody.
    private var suggestionsLeft = 100

    /// Deeper than any input, and shallow enough for every thread's stack.
    private static let deepest = 160
    private static let mostViolations = 50_000

    init(_ input: JSON, _ schema: Schema, namesFiles: Bool, takesReferences: Bool) {
        (self.schema, self.namesFiles, self.takesReferences) = (schema, namesFiles, takesReferences)
        guard case .object = input else {
            report("must be an object, not \(Excerpt.describing(input))")
            return
        }
        check(input, schema.root)
    }

    private mutating func report(_ message: String) {
        violations.append(Violation(path: PathStep.text(path), message: message))
    }

    private mutating func spend(_ steps: Int) {
        stepsLeft -= steps
        if isTrial { trialStepsLeft -= steps }
    }

    /// Nothing is built, not even a path, for a correct value.
    private mutating func check(_ value: JSON, _ rule: ValueRule) {
        spend(1)
        guard depth < Self.deepest, stepsLeft > 0, trialStepsLeft > 0, violations.count < Self.mostViolations
        else {
            (isWhole, isPartly) = (false, true)
            return
        }
        if rule.isPartly { isPartly = true }
        if rule.isForbidden { return reportForbidden() }
        if !rule.types.isEmpty, !rule.types.contains(where: { $0.admits(value) }) {
            return report("must be \(ValueType.phrase(rule.types)), not \(Excerpt.describing(value))")
        }
        if !rule.choices.isEmpty { checkChoices(value, rule) }
        depth += 1
        defer { depth -= 1 }
        switch value {
        case .string(let text): check(text, rule)
        case .number(let digits):
            if let fault = rule.numbers?.fault(in: digits) { report(fault) }
            checkIsFile(value, rule)
        case .null, .bool: checkIsFile(value, rule)
        case .array(let items): if let lists = rule.lists { check(items, lists) }
        case .object(let object):
            checkIsFile(value, rule)
            if let keys = rule.keys { check(object, keys) }
        }
        if let composition = rule.composition { check(value, composition) }
    }

    private mutating func reportForbidden() {
        if case .index? = path.last { report("is one item too many") } else { report("is not allowed") }
    }

    private mutating func checkChoices(_ value: JSON, _ rule: ValueRule) {
        let meaning = value.meaning
        spend(meaning.count / 64)
        if rule.isChoice(meaning) { return }
        if rule.choices.count == 1 { wrongConstants += 1 }
        let choices = Excerpt.list(rule.choices)
        if rule.isConstant, rule.choices.count == 1 {
            return report("must be \(choices), not \(Excerpt.describing(value))")
        }
        var message = "must be one of \(choices), not \(Excerpt.describing(value))"
        if let text = value.string { message += suggestion(text, rule.choices.lazy.compactMap(\.string)) }
        report(message)
    }

    private mutating func suggestion(_ typed: String, _ names: some Sequence<String>) -> String {
        suggestionsLeft -= 1
        guard suggestionsLeft >= 0, let nearest = Suggestion.nearest(to: typed, among: names) else {
            return ""
        }
        return "; did you mean \(Excerpt.quoted(nearest))?"
    }

    private mutating func check(_ text: String, _ rule: ValueRule) {
        if let texts = rule.texts {
            spend(text.utf8.count / 4096)
            if let fault = texts.lengthFault(text) { report(fault) }
            if let pattern = texts.pattern, matches(pattern, text) == false {
                report("is \(Excerpt.quoted(text)); must match the pattern \(Excerpt.quoted(pattern.source))")
            }
        }
        guard let file = rule.file else { return }
        spend(text.utf8.count / 4096)
        let fault = takesReferences ? FileURL.faultOfReference(or: text) : FileURL.fault(in: text)
        if let fault { return report(fault) }
        guard namesFiles, !(takesReferences && Reference.isMeant(text)) else { return }
        let path = PathStep.text(path)
        // Two rules may name the same value.
        if files.last?.path != path { files.append(NamedFile(path: path, url: text, demand: file)) }
    }

    /// Nil if it cannot be told.
    private mutating func matches(_ pattern: TextPattern, _ text: String) -> Bool? {
        spend(1 + pattern.work(for: text) / 64)
        let answer = stepsLeft > 0 && trialStepsLeft > 0 ? pattern.matches(text) : nil
        if answer == nil { isPartly = true }
        return answer
    }

    /// Reports a value that must be a file's address and is not a text.
    private mutating func checkIsFile(_ value: JSON, _ rule: ValueRule) {
        guard rule.file != nil, rule.types.isEmpty, rule.composition == nil else { return }
        report("must be an https URL, not \(Excerpt.describing(value))")
    }
}

extension SchemaCheck {
    private mutating func check(_ items: [JSON], _ lists: ListRules) {
        if let fault = lists.countFault(items.count) { report(fault) }
        if lists.isUnique { checkUnique(items) }
        for (index, item) in items.enumerated() {
            guard let rule = lists.rule(at: index) else { return }
            path.append(.index(index))
            check(item, rule)
            path.removeLast()
        }
    }

    private mutating func checkUnique(_ items: [JSON]) {
        var indices: [[UInt8]: Int] = [:]
        for (index, item) in items.enumerated() where items.count > 1 {
            guard stepsLeft > 0, trialStepsLeft > 0 else { return (isWhole, isPartly) = (false, true) }
            let meaning = item.meaning
            spend(1 + meaning.count / 64)
            guard let first = indices[meaning] else {
                indices[meaning] = index
                continue
            }
            path.append(.index(index))
            report("is the same as [\(first)]; each item may be given once")
            path.removeLast()
        }
    }

    /// First what is missing, then what is given, in its order.
    private mutating func check(_ object: JSONObject, _ keys: KeyRules) {
        if let fault = keys.countFault(object.members.count) { report(fault) }
        let start = violations.count
        var isSeen = [Bool](repeating: false, count: keys.names.count)
        for member in object.members {
            path.append(.key(member.key))
            if let index = keys.index(of: member.key) {
                if isSeen[index] { report("is given more than once") }
                isSeen[index] = true
                check(member.value, keys, index)
            } else {
                checkOther(member, keys)
            }
            for (pattern, rule) in keys.patterns where matches(pattern, member.key) == true {
                check(member.value, rule)
            }
            path.removeLast()
        }
        let missing = keys.required.filter { !isSeen[$0] }
        if missing.isEmpty { return }
        violations.insert(
            contentsOf: missing.map {
                Violation(path: PathStep.text(path + [.key(keys.names[$0])]), message: "is required")
            }, at: start)
    }

    private mutating func check(_ value: JSON, _ keys: KeyRules, _ index: Int) {
        let rule = keys.rules[index]
        // A default of the service may be sent too: in some schemas, an empty address means "no file".
        if value == "", rule.defaultValue == "", !keys.required.contains(index) { return }
        check(value, rule)
    }

    private mutating func checkOther(_ member: JSONObject.Member, _ keys: KeyRules) {
        if case .any = keys.others { return }
        if keys.patterns.contains(where: { matches($0.pattern, member.key) != false }) { return }
        switch keys.others {
        case .any: break
        case .rule(let rule): check(member.value, rule)
        case .none:
            report("is not allowed here" + suggestion(member.key, keys.names.prefix(keys.definedCount)))
        case .unknownToModel:
            if schema.isOpen || schema.knows(member.key) { return }
            let names = schema.properties.lazy.map(\.name)
            let other = Schema.promptKeys.first { $0 != member.key && schema[$0] != nil }
            let isPrompt = Schema.promptKeys.containsExactly(member.key)
            let words = isPrompt ? other.map { "; did you mean \(Excerpt.quoted($0))?" } : nil
            report("is not known to this model" + (words ?? suggestion(member.key, names)))
        }
    }
}

extension SchemaCheck {
    private mutating func check(_ value: JSON, _ composition: Composition) {
        if let reference = composition.reference { check(value, schema.shared[reference]) }
        for rule in composition.all { check(value, rule) }
        if !composition.any.isEmpty { checkAlternatives(value, composition.any, exclude: false) }
        if !composition.one.isEmpty { checkAlternatives(value, composition.one, exclude: true) }
        guard let not = composition.not else { return }
        let trial = attempt(value, not)
        if trial.violations.isEmpty, !trial.isPartly { report("is excluded by the schema") }
    }

    /// The result of checking a value against one alternative.
    private struct Trial {
        var violations: [Violation] = []
        var files: [NamedFile] = []
        var wrongConstants = 0
        var isPartly = false
    }

    private mutating func attempt(_ value: JSON, _ rule: ValueRule) -> Trial {
        let before = (violations.count, files.count, wrongConstants, isPartly, isTrial)
        (isTrial, isPartly) = (true, false)
        check(value, rule)
        let trial = Trial(
            violations: Array(violations[before.0...]), files: Array(files[before.1...]),
            wrongConstants: wrongConstants - before.2, isPartly: isPartly)
        violations.removeSubrange(before.0...)
        files.removeSubrange(before.1...)
        wrongConstants = before.2
        isPartly = isPartly || before.3
        isTrial = before.4
        return trial
    }

    private mutating func checkAlternatives(_ value: JSON, _ rules: [ValueRule], exclude: Bool) {
        var nearest: Trial?
        var fitting: [Trial] = []
        for rule in rules {
            let trial = attempt(value, rule)
            if trial.violations.isEmpty {
                fitting.append(trial)
                if !exclude { break }
            } else if fitting.isEmpty, admits(value, rule), Self.isNearer(trial, than: nearest) {
                nearest = trial
            }
        }
        if let first = fitting.first {
            files += first.files
            if fitting.count > 1, !fitting.contains(where: \.isPartly) {
                report("fits \(fitting.count) alternatives that exclude each other")
            }
        } else if let nearest {
            violations += nearest.violations
            files += nearest.files
            wrongConstants += nearest.wrongConstants
        } else {
            var named: [ValueType] = []
            for type in rules.flatMap({ types(of: $0) }) where !named.contains(type) { named.append(type) }
            report("must be \(ValueType.phrase(named)), not \(Excerpt.describing(value))")
        }
    }

    /// The alternative that was meant is the one with the right constants, or else with the fewest faults.
    private static func isNearer(_ trial: Trial, than other: Trial?) -> Bool {
        guard let other else { return true }
        return (trial.wrongConstants, trial.violations.count) < (other.wrongConstants, other.violations.count)
    }

    /// Whether a value has a type that the rule allows.
    private func admits(_ value: JSON, _ rule: ValueRule) -> Bool {
        let wanted = types(of: rule)
        return wanted.isEmpty || wanted.contains { $0.admits(value) }
    }

    /// Empty for a rule that allows any.
    private func types(of rule: ValueRule) -> [ValueType] {
        var types: [ValueType] = []
        for part in rule.types.isEmpty ? schema.parts(of: rule) : [rule] where part.saysSomething {
            let own = part.types.isEmpty ? part.choices.map(ValueType.init(of:)) : part.types
            if own.isEmpty { return [] }
            types += own
        }
        return types
    }
}

/// One thing in an input that its model's schema does not allow.
package struct Violation: Equatable, Sendable, CustomStringConvertible {
    /// The place in the input, as a JSONPath such as `$.images[2]`.
    package let path: String
    /// What is wrong there, in words that follow the path.
    package let message: String

    package init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    package var description: String { "\(path): \(message)" }
}

/// A file that an input names.
package struct NamedFile: Sendable {
    /// The place in the input, as a JSONPath.
    package let path: String
    package let url: String
    /// What the schema demands of it.
    package let demand: FileDemand
}

extension Schema {
    /// Everything that is wrong with an input.
    ///
    /// - Parameter takesReferences: whether a reference to another job's output may stand for a file.
    package func violations(in input: JSON, takesReferences: Bool = false) -> [Violation] {
        SchemaCheck(input, self, namesFiles: false, takesReferences: takesReferences).violations
    }

    /// The same, with the files that the input names by valid addresses. A reference names none.
    package func check(_ input: JSON, takesReferences: Bool = false) -> SchemaCheck {
        SchemaCheck(input, self, namesFiles: true, takesReferences: takesReferences)
    }
}
