internal import JSON
package import JobModel

/// Which jobs are meant. A criterion that is nil or empty matches all.
package struct JobFilter: Equatable, Sendable {
    package var states: [JobState] = []
    package var model: String?
    package var label: String?
    package var since: Timestamp?
    package var limit: Int?

    package init() {}

    package var isEmpty: Bool { self == JobFilter() }

    /// Whether `job` matches the states, the model, the label and the time.
    package func matches(_ job: Job) -> Bool {
        if let since, job.createdAt < since { return false }
        if !states.isEmpty, !states.contains(job.state) { return false }
        if let label, job.label != label { return false }
        guard let model else { return true }
        return model.hasSuffix("*") ? job.model.hasPrefix(model.dropLast()) : job.model == model
    }

    /// The states as a JSON array, in which the quotes keep one from being found inside another; nil for all.
    var stateWords: String? {
        states.isEmpty ? nil : JSON.array(states.map { .string($0.rawValue) }).text
    }

    /// The model, or the prefix before a final `*`, as a GLOB pattern in which its own wildcards are literal.
    var modelPattern: String? {
        guard let model else { return nil }
        let isPrefix = model.hasSuffix("*")
        let literal = (isPrefix ? String(model.dropLast()) : model)
            .map { "*?[".contains($0) ? "[\($0)]" : String($0) }.joined()
        return isPrefix ? literal + "*" : literal
    }
}
