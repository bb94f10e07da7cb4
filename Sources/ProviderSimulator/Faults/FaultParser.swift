/// Reads `CALL:NAME[=VALUE][;OPTION[=VALUE]]...`.
enum FaultParser {
    static func parse(_ text: String) throws(SimulatorError) -> Fault {
        func failure(_ reason: String) -> SimulatorError { SimulatorError("fault \"\(text)\": \(reason)") }
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map { trimmed($0) }
        let head = parts[0].split(separator: ":", maxSplits: 1).map { trimmed($0) }
        guard head.count == 2 else { throw failure("expected CALL:NAME") }
        guard let call = FaultCall(rawValue: head[0]) else {
            throw failure("the call is one of \(FaultCall.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let (name, given) = pair(head[1])
        guard let (effect, number) = effect(named: name),
            let definition = FaultDefinition.all.first(where: {
                $0.effect == effect && $0.calls.contains(call)
            })
        else { throw failure("\(call.rawValue) has no \"\(name)\", see jobsim --help") }
        guard definition.accepts(given) else {
            throw failure("it is written \(call.rawValue):\(definition.synopsis)")
        }
        var fault = Fault(specification: text, call: call, effect: effect, value: number ?? given)
        for option in parts.dropFirst() where !set(option, in: &fault) {
            let synopses = FaultOption.allCases.map(\.help.synopsis).joined(separator: ", ")
            throw failure("\"\(option)\" is none of \(synopses)")
        }
        return fault
    }

    /// The faults that a prompt asks for in `[[fault: SPEC]]`.
    static func parse(prompt: String) throws(SimulatorError) -> [Fault] {
        var faults: [Fault] = []
        var rest = prompt[...]
        while let start = rest.firstRange(of: "[[fault:") {
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: "]]") else {
                throw SimulatorError("a [[fault: in the prompt has no ]]")
            }
            faults.append(try parse(trimmed(rest[..<end.lowerBound])))
            rest = rest[end.upperBound...]
        }
        return faults
    }

    /// The effect, and the number or word that is a part of its name.
    private static func effect(named name: String) -> (FaultEffect, String?)? {
        if name.count == 3, let status = Int(name), (200...599).contains(status) { return (.status, name) }
        if name == "html" { return (.html, "200") }
        if let status = rest(of: name, after: "html-") {
            return Int(status).map { (200...599).contains($0) } == true ? (.html, status) : nil
        }
        if let code = rest(of: name, after: "200-error-") {
            return Int(code) == nil ? nil : (.errorInOK, code)
        }
        if let shape = rest(of: name, after: "shape-") {
            return OutputShape(rawValue: shape) == nil ? nil : (.shape, shape)
        }
        guard let effect = FaultEffect(rawValue: name), effect != .status, effect != .shape,
            effect != .errorInOK
        else { return nil }
        return (effect, nil)
    }

    private static func rest(of name: String, after prefix: String) -> String? {
        name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }

    private static func set(_ option: String, in fault: inout Fault) -> Bool {
        let (name, value) = pair(option)
        guard let option = FaultOption(rawValue: name) else { return false }
        guard let value else {
            fault.isAccepted = true
            return option == .accept
        }
        func set<Value>(_ property: WritableKeyPath<Fault, Value?>, _ value: Value?) -> Bool {
            fault[keyPath: property] = value
            return value != nil
        }
        return switch option {
        case .times: set(\.times, Quantity.within(1..., Int(value)))
        case .p: set(\.probability, Quantity.within(0...1, Double(value)))
        case .model: set(\.model, value)
        case .retryAfter: set(\.retryAfter, value)
        case .accept: false
        case .as: set(\.httpStatus, Quantity.within(400...599, Int(value)))
        case .body: set(\.body, Fault.ErrorBody(rawValue: value))
        }
    }

    private static func pair(_ text: String) -> (String, String?) {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (trimmed(halves[0]), halves.count == 2 ? trimmed(halves[1]) : nil)
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
