/// Numbers that are the same in every run, so that a failure can be reproduced.
package struct SeededNumbers: RandomNumberGenerator, Sendable {
    package let seed: UInt64
    private var state: UInt64

    package init(_ seed: UInt64) { (self.seed, state) = (seed, seed) }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    package mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
}
