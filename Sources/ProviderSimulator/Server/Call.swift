/// One HTTP request, as far as the simulator looks at it.
struct Call: Sendable {
    var method: String
    var path: String
    var arguments: [String: String]
    var authorization: String?
    var host: String?
    var range: String?
    var ifRange: String?
    var body: [UInt8]

    /// Where the caller found us, for the URLs in answers.
    var base: String { "http://\(host ?? "127.0.0.1")" }
}
