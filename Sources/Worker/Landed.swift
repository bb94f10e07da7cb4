internal import JobModel

/// A job that has finished over there, and its outputs.
struct Landed: Sendable {
    let job: Job
    let outputs: [Output]
}
