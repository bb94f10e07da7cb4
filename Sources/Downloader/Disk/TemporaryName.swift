/// The names of what a download keeps until it is whole: hidden, and the same after a restart.
struct TemporaryName: Sendable {
    /// The bytes that have come.
    let part: String
    /// What proves that they belong to the file that the server has.
    let note: String

    init(id: Int64, position: Int) {
        let digits = String(id)
        let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        part = ".\(padded)-\(position).part"
        note = part + ".json"
    }
}
