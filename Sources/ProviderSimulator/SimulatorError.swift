/// Why the simulator cannot start.
struct SimulatorError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
