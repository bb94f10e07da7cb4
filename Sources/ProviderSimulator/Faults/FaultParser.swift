/// Reads `CALL:NAME[=VALUE][;OPTION[=VALUE]]...`.
enum FaultParser {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func parse(_ text: String) throws(Failure) -> Fault {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map { trimmed($0) }
        let head = parts[0].split(separator: ":", maxSplits: 1).map { trimmed($0) }
        guard head.count == 2 else { throw Failure(description: "fault \"\(text)\": expected CALL:NAME") }
        guard let call = FaultCall(rawValue: head[0]) else {
            let names = FaultCall.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(description: "fault \"\(text)\": the call is one of \(names)")
        }
        let (name, given) = pair(head[1])
        guard let (effect, number) = effect(named: name),
            let pattern = FaultPattern.all.first(where: { $0.effect == effect && $0.calls.contains(call) })
        else {
            throw Failure(
                description: "fault \"\(text)\": \(call.rawValue) has no \"\(name)\", see jobsim --help")
        }
        guard pattern.accepts(given) else {
            throw Failure(
                description: "fault \"\(text)\": it is written \(call.rawValue):\(pattern.synopsis)")
        }
        var fault = Fault(specification: text, call: call, effect: effect, value: number ?? given)
        for option in parts.dropFirst() {
            guard set(option, in: &fault) else {
                throw Failure(
                    description: "fault \"\(text)\": \"\(option)\" is none of "
                        + FaultOption.allCases.map(\.help.synopsis).joined(separator: ", "))
            }
        }
        return fault
    }

    /// The faults that a prompt asks for in `[[fault: SPEC]]`.
    static func parse(prompt: String) throws(Failure) -> [Fault] {
        var faults: [Fault] = []
        var rest = prompt[...]
        while let start = rest.firstRange(of: "[[fault:") {
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: "]]") else {
                throw Failure(description: "a [[fault: in the prompt has no ]]")
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
        guard let option = FaultOption(rawValue: name), (value == nil) == (option == .accept) else {
            return false
        }
        switch option {
        case .times:
            fault.times = value.flatMap { Int($0) }
            return fault.times.map { $0 > 0 } ?? false
        case .p:
            fault.probability = value.flatMap { Double($0) }
            return fault.probability.map { (0...1).contains($0) } ?? false
        case .model: fault.model = value
        case .retryAfter: fault.retryAfter = value
        case .accept: fault.isAccepted = true
        case .as:
            fault.httpStatus = value.flatMap { Int($0) }
            return fault.httpStatus.map { (400...599).contains($0) } ?? false
        case .body:
            fault.body = value.flatMap(Fault.ErrorBody.init)
            return fault.body != nil
        }
        return true
    }

    private static func pair(_ text: String) -> (String, String?) {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (trimmed(halves[0]), halves.count == 2 ? trimmed(halves[1]) : nil)
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
