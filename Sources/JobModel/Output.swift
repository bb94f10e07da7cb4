/// One file that a job gave, as its row says.
package struct Output: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        case pending, done, failed
    }

    /// What it is to the person who asked for it.
    package enum Kind: String, CaseIterable, Sendable {
        case image, video, audio, file
    }

    package let jobID: Int64
    /// From 1, in the order of the answer.
    package let position: Int64
    package var kind: Kind
    package var url: String
    /// Under the output directory where it lies there, else absolute.
    package var path: String?
    package var bytes: Int64?
    package var sha256: String?
    package var mediaType: String?
    package var width: Int64?
    package var height: Int64?
    package var durationSeconds: Double?
    package var state = State.pending
    package var downloadedAt: Timestamp?
    /// Tries whose own answer was bad.
    package var attempts: Int64 = 0
    /// Bytes that have come, as last noted.
    package var fetched: Int64 = 0
    /// When the file was pruned.
    package var removedAt: Timestamp?

    /// Whether its file should be there.
    package var hasFile: Bool { state == .done && removedAt == nil }

    package init(jobID: Int64, position: Int64, kind: Kind, url: String) {
        self.jobID = jobID
        self.position = position
        self.kind = kind
        self.url = url
    }
}
