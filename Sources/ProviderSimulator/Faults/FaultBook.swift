/// The faults that are active, and the random numbers that decide whether they strike.
struct FaultBook {
    /// From options and from `/_sim/faults`.
    private(set) var active: [ArmedFault] = []
    /// What a prompt ordered for its own POST, by the fingerprint of the input: there is no request yet.
    private var ordered: [UInt64: [ArmedFault]] = [:]
    private var dice: SplitMix

    init(_ faults: [Fault], seed: UInt64) {
        active = faults.map(ArmedFault.init)
        dice = SplitMix(seed: seed ^ 0xFA17)
    }

    mutating func change(_ replacing: [Fault]?, adding added: [Fault]) {
        active = (replacing?.map(ArmedFault.init) ?? active) + added.map(ArmedFault.init)
    }

    /// The faults that strike this call; `own` are those of its request.
    mutating func strike(_ call: FaultCall, model: String?, own: [ArmedFault] = []) -> [Fault] {
        if own.isEmpty, active.isEmpty { return [] }
        var struck: [Fault] = []
        for armed in own + active where armed.fault.call == call && armed.fault.concerns(model) {
            if let times = armed.fault.times, armed.hits >= times { continue }
            if let probability = armed.fault.probability, dice.fraction() >= probability { continue }
            armed.hits += 1
            struck.append(armed.fault)
        }
        return struck
    }

    /// The faults that a prompt ordered for its POST. The same input continues the same counts.
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
