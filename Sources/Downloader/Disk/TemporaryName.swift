internal import JobModel

/// The names of what a download keeps until it is whole: hidden, and the same after a restart.
struct TemporaryName: Sendable {
    /// The bytes that have come.
    let part: String
    /// What proves that they belong to the file that the server has.
    let note: String

    init(id: Int64, position: Int) {
        part = ".\(JobFileName.digits(of: id))-\(position).part"
        note = part + ".json"
    }
}
