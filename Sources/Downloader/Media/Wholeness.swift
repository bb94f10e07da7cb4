/// Whether a file reaches the end that its own format names.
package enum Wholeness: Equatable, Sendable {
    /// Nothing that the format announces is missing.
    case whole
    /// Something that it announces is not there.
    case cut
    /// The format names no end, nobody here looks for it, or the file is not as the format has it.
    case unknown
}
