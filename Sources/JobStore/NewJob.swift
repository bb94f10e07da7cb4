package import JobModel

/// A job as it is enqueued.
package struct NewJob: Sendable {
    package var model: String
    /// A JSON object as text.
    package var input: String
    package var priority: Int64 = 0
    package var label: String?
    package var key: String?
    package var notBefore: Timestamp?
    package var isHeld = false
    package var validation = Job.Validation.pending

    /// How many bytes an input may have: the schema refuses larger ones, whoever writes them.
    package static let mostInput = 16 << 20

    package init(model: String, input: String) {
        self.model = model
        self.input = input
    }

    /// Whether `stored`, which has its key, was to make something else.
    package func differs(from stored: Job) -> Bool { stored.input != input || stored.model != model }
}

/// Where a new job ended up.
package struct Enqueued: Sendable, Equatable {
    package let id: Int64
    /// The job with this key was there before, and nothing was added.
    package let existing: Bool
}
