/// What is left of the disk.
enum Loss: String, CaseIterable {
    case nothing = "a kill"
    case unsynced = "a power cut"
    case someUnsynced = "a power cut that some unsynced writes outlived"

    func strike(_ ordeal: Ordeal, _ seed: inout Seed) {
        switch self {
        case .nothing: return
        case .unsynced:
            var nobody: Seed?
            ordeal.cutPower(survivors: &nobody)
        case .someUnsynced:
            var survivors: Seed? = Seed(seed.next())
            ordeal.cutPower(survivors: &survivors)
        }
    }
}
