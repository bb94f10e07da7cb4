import Scratch

/// What is left of the disk.
enum Loss: String, CaseIterable {
    case nothing = "a kill"
    case unsynced = "a power cut"
    case someUnsynced = "a power cut that some unsynced writes outlived"

    func strike(_ ordeal: Ordeal, _ seed: inout SeededNumbers) {
        switch self {
        case .nothing: return
        case .unsynced: ordeal.cutPower()
        case .someUnsynced: ordeal.cutPower(survivors: SeededNumbers(seed.next()))
        }
    }
}
