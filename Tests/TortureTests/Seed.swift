import Glibc

/// Repeatable choices: the same seed, the same numbers.
struct Seed: RandomNumberGenerator {
    let number: UInt64
    private var state: UInt64

    init(_ number: UInt64) { (self.number, state) = (number, number) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }

    /// `$TORTURE_SEED`, or one of the clock's.
    static func fresh() -> Seed {
        if let given = Effort.variable("TORTURE_SEED").flatMap({ UInt64($0) }) { return Seed(given) }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Seed(UInt64(now.tv_nsec) % 1_000_000)
    }
}
