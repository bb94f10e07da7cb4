internal import Calendar
internal import Glibc
internal import HTTP
internal import System

/// What of a request is signed. The storage computes the same text from what it receives.
struct CanonicalRequest {
    var method: String
    /// As in the request's first line.
    var path: String
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    /// The SHA-256 of the body, or a word that stands for it.
    var payload: String

    /// Of a body without a byte.
    static let noPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    static let unsignedPayload = "UNSIGNED-PAYLOAD"

    var text: String {
        let headers = fields.map { "\($0.name):\($0.value)\n" }.joined()
        return [method, path, Self.text(of: query), headers, signedHeaders, payload].joined(separator: "\n")
    }

    var signedHeaders: String { fields.map(\.name).joined(separator: ";") }

    /// In the order of their names, which are in lower case. Values under one name are one value; blanks
    /// around a value do not count, and several in it count as one.
    private var fields: [(name: String, value: String)] {
        var values: [String: [String]] = [:]
        for header in headers {
            let words = header.value.split(separator: " ").joined(separator: " ")
            values[header.name.lowercased(), default: []].append(words)
        }
        return values.sorted { Self.precedes($0.key, $1.key) }.map {
            ($0.key, $0.value.joined(separator: ","))
        }
    }

    /// The query in the order of its escaped names, then values.
    static func text(of query: [(name: String, value: String)]) -> String {
        let pairs = query.map { (escaped($0.name), escaped($0.value)) }
        let sorted = pairs.sorted { $0.0 == $1.0 ? precedes($0.1, $1.1) : precedes($0.0, $1.0) }
        return sorted.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    static func escapedPath(_ path: String) -> String {
        String(percentEncoding: path.utf8) { isPlain($0) || $0 == UInt8(ascii: "/") }
    }

    private static func escaped(_ text: String) -> String {
        String(percentEncoding: text.utf8, unless: isPlain)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// By bytes.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

/// AWS's Signature Version 4: a keyed hash of the request. The secret itself never leaves this machine.
struct RequestSignature {
    let credentials: StorageCredentials
    let region: String
    var service = "s3"
    /// When the request is made, in UTC.
    let time: CalendarTime

    /// `20150830T123600Z`
    var stamp: String { "\(day)T\(time.clock.filter { $0 != ":" })Z" }

    private static let algorithm = "AWS4-HMAC-SHA256"

    private var day: String { time.date.filter { $0 != "-" } }
    private var scope: String { "\(day)/\(region)/\(service)/aws4_request" }

    /// The value of the header `Authorization`.
    func authorization(of request: CanonicalRequest) -> String {
        "\(Self.algorithm) Credential=\(credentials.keyID)/\(scope), "
            + "SignedHeaders=\(request.signedHeaders), Signature=\(signature(of: request))"
    }

    /// The whole query of a presigned address, which anybody can use for so many seconds.
    func presignedQuery(of request: CanonicalRequest, seconds: Int64) -> String {
        var request = request
        request.query += [
            ("X-Amz-Algorithm", Self.algorithm), ("X-Amz-Credential", "\(credentials.keyID)/\(scope)"),
            ("X-Amz-Date", stamp), ("X-Amz-Expires", String(seconds)),
            ("X-Amz-SignedHeaders", request.signedHeaders),
        ]
        if let token = credentials.sessionToken { request.query.append(("X-Amz-Security-Token", token)) }
        return CanonicalRequest.text(of: request.query) + "&X-Amz-Signature=\(signature(of: request))"
    }

    func signature(of request: CanonicalRequest) -> String {
        let digest = SHA256.hexadecimal(of: Array(request.text.utf8))
        let text = [Self.algorithm, stamp, scope, digest].joined(separator: "\n")
        var key = Array("AWS4\(credentials.secret)".utf8)
        for part in [day, region, service, "aws4_request"] { key = SHA256.keyed(key, part) }
        return SHA256.hexadecimal(SHA256.keyed(key, text))
    }
}

extension CalendarTime {
    /// The wall clock, in UTC. A signature is good for some minutes around it.
    static var now: CalendarTime { CalendarTime(milliseconds: Int64(Glibc.time(nil)) * 1000) }
}
