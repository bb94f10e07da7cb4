/// Where a job stands. The words are those of the database, and people read them.
package enum JobState: String, CaseIterable, Sendable {
    /// Set aside by a person.
    case held
    /// Here, not sent yet.
    case queued
    /// The intent to send is on disk, and the POST is on the wire.
    case submitting
    /// The POST may have bought something, and nobody can know.
    case uncertain
    /// RunComfy has it.
    case inQueue = "in_queue"
    case inProgress = "in_progress"
    /// Finished over there; the output URLs are on disk.
    case downloading
    case completed, failed, cancelled

    package var hasEnded: Bool { self == .completed || self == .failed || self == .cancelled }

    /// RunComfy works on the job, or has its outputs ready: a request id stands on disk.
    package var isFollowed: Bool { self == .inQueue || self == .inProgress || self == .downloading }
}
