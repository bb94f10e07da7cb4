/// What there is to say of a file on a server.
package struct RemoteFinding: Equatable, Sendable {
    package enum Verdict: Equatable, Sendable {
        case found
        /// The server answered, and not with a file that anybody could use. In words.
        case refused(String)
        /// The server could not be asked, or has no answer now. In words.
        case unreachable(String)
    }

    package var verdict: Verdict
    /// The file's size; nil where nobody tells it.
    package var bytes: Int64?
    package var facts: MediaFacts?
    /// Why some of it could not be found out.
    package var remark: String?
    /// How many bytes of the file came over the wire.
    package var bytesRead = 0
}
