/// The faults in force, and the dice.
struct FaultBook {
    /// From options and from `/_sim/faults`.
    private(set) var standing: [ArmedFault] = []
    /// What a prompt ordered for its own POST, by the input's fingerprint: there is no request yet.
    private var ordered: [UInt64: [ArmedFault]] = [:]
    private var dice: SplitMix

    init(_ faults: [Fault], seed: UInt64) {
        standing = faults.map(ArmedFault.init)
        dice = SplitMix(seed: seed ^ 0xFA17)
    }

    mutating func replace(with faults: [Fault]) { standing = faults.map(ArmedFault.init) }

    mutating func add(_ faults: [Fault]) { standing += faults.map(ArmedFault.init) }

    /// Each fault that strikes this call; `own` are the faults of its request.
    mutating func strike(_ call: FaultCall, model: String?, own: [ArmedFault] = []) -> [Fault] {
        if own.isEmpty, standing.isEmpty { return [] }
        var struck: [Fault] = []
        for armed in own + standing where armed.fault.call == call && armed.fault.concerns(model) {
            if let times = armed.fault.times, armed.hits >= times { continue }
            if let probability = armed.fault.probability, dice.fraction() >= probability { continue }
            armed.hits += 1
            struck.append(armed.fault)
        }
        return struck
    }

    /// The faults that a prompt ordered for its POST; the same input finds the same counts again.
    mutating func order(_ faults: [Fault], for input: UInt64) -> [ArmedFault] {
        if faults.isEmpty { return [] }
        if let known = ordered[input] { return known }
        let armed = faults.map(ArmedFault.init)
        ordered[input] = armed
        return armed
    }
}

extension [Fault] {
    subscript(effect: FaultEffect) -> Fault? { first { $0.effect == effect } }

    func contains(_ effect: FaultEffect) -> Bool { self[effect] != nil }
}
