/// What a format's own bytes say, beyond the first of them. Whatever a file claims, a reader ends:
/// `FileBytes` answers a limited number of questions.
protocol MediaReader: SendableMetatype {
    /// Whether more than the signature fits, for signatures too short to be proof.
    static func isLikely(_ file: FileBytes) -> Bool

    /// Adds size and duration, and corrects what the first bytes could not tell.
    static func complete(_ facts: inout MediaFacts, from file: FileBytes)

    static func wholeness(of file: FileBytes) -> Wholeness
}

extension MediaReader {
    static func isLikely(_ file: FileBytes) -> Bool { true }

    static func complete(_ facts: inout MediaFacts, from file: FileBytes) {}

    static func wholeness(of file: FileBytes) -> Wholeness { .unknown }
}

/// Whether a file reaches the end that its own format announces.
package enum Wholeness: Equatable, Sendable {
    /// Nothing that the format announces is missing.
    case whole
    /// Something that it announces is missing.
    case cut
    /// The format announces no end, no reader looks for it, or the file does not follow its format.
    case unknown
}
