/// The words of a job, as the index of words keeps them.
struct JobTexts: Equatable {
    let id: Int64
    var prompt: String?
    var label: String?
    var error: String?

    var isEmpty: Bool { prompt == nil && label == nil && error == nil }
}
