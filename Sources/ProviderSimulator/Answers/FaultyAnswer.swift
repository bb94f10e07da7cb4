/// What the faults of the connection and of the whole answer do; the rest is up to each call.
enum FaultyAnswer {
    /// How long a client waits for the answer to a call that hangs, if it has the patience.
    private static let hangSeconds = 3600.0

    /// The effects that leave nothing of the right answer.
    static func replacement(_ faults: [Fault]) -> Answer? {
        for fault in faults {
            switch fault.effect {
            case .status: return ErrorAnswer.ordered(fault, status: fault.count ?? 500)
            case .html:
                var answer = ErrorAnswer.html(fault.count ?? 200)
                if let seconds = fault.retryAfter { answer.headers.append(("Retry-After", seconds)) }
                return answer
            case .errorInOK:
                return ErrorAnswer.code(
                    fault.count ?? 500000, "simulated fault \(fault.specification)", status: 200)
            case .blank: return Answer(status: 200, type: "application/json", bytes: [])
            case .cutBefore, .cutAfter: return .dropped
            case .hang:
                var answer = Answer.dropped
                answer.delay = hangSeconds
                return answer
            default: continue
            }
        }
        return nil
    }

    /// The effects that only spoil the way.
    static func spoil(_ answer: Answer, _ faults: [Fault]) -> Answer {
        var answer = answer
        if let seconds = faults[.delay]?.seconds { answer.delay += seconds }
        if faults.contains(.cutBody) { answer.cutAfter = answer.part.count / 2 }
        return answer
    }

    /// The answer to a call that changes nothing by itself.
    static func apply(_ faults: [Fault], to answer: () -> Answer) -> Answer {
        if faults.isEmpty { return answer() }
        return spoil(replacement(faults) ?? answer(), faults)
    }

    /// Whether a POST that meets these faults is accepted all the same.
    static func accept(_ faults: [Fault]) -> Bool {
        let refusing: [FaultEffect] = [.status, .html, .errorInOK, .blank, .cutBefore, .hang]
        return faults.first { refusing.contains($0.effect) || $0.effect == .cutAfter }
            .map { $0.effect == .cutAfter || $0.isAccepted } ?? true
    }
}
