/// Whether a whole file is what was paid for, or something else under its address.
package enum ContentVerdict: Equatable, Sendable {
    case accepted(MediaFacts)
    /// In words, for the job's history.
    case refused(String)
}
