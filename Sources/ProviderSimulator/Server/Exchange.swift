/// One request on the wire: what has come of its body, and then its answer.
///
/// libmicrohttpd holds it between its callbacks, which come one at a time.
final class Exchange {
    /// More than the largest input that clients send.
    static let largestBody = 80 << 20

    var body: [UInt8] = []
    var answer: Answer?
    var bytesSent = 0
}
