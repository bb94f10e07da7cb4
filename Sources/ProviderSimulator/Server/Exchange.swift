/// One request on the wire: what has come of its body, and then its answer.
///
/// libmicrohttpd holds it between its callbacks, which come one at a time.
final class Exchange {
    /// The largest input that RunComfy's own nodes send.
    static let largestBody = 64 << 20

    var body: [UInt8] = []
    var answer: Answer?
    var bytesSent = 0
}
