/// What a format's own bytes say, beyond the first of them. Whatever a file claims, a reader comes to an end:
/// `FileBytes` answers only so many questions.
protocol MediaReader: SendableMetatype {
    /// Whether more than the signature fits, where that is little proof.
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
