package import System

/// One request and its limits.
package struct HTTPRequest: Sendable {
    package enum Method: Equatable, Sendable {
        case get, head, delete
        /// Always sent on a connection of its own, and never repeated: it may cost money.
        case post(body: [UInt8])
        /// The same, with a body that is read while it is sent.
        case stream(HTTPBody)
        /// Sent from the file as the connection takes it. libcurl may repeat it: the same bytes twice do no
        /// harm.
        case put(FilePart)

        /// Whether it may cost money.
        var maySpend: Bool {
            switch self {
            case .post, .stream: true
            case .get, .head, .delete, .put: false
            }
        }
    }

    package var url: String
    package var method: Method
    package var headers: HTTPHeaders
    /// Sent only to the URL's own origin: redirects are answers and are never followed, and no proxy can read
    /// it.
    package var bearerToken: String?
    /// To resolve the name, connect and shake hands.
    package var connectTimeout: Duration
    /// For the whole exchange; nil for no limit.
    package var answerTimeout: Duration?
    /// The longest time without a byte in either direction once the request has left; nil for no limit.
    package var silenceTimeout: Duration?
    /// The limit for a body in memory. A sink has its own.
    package var maximumBody: Int
    /// Refuses private, loopback and other addresses that are not on the internet. If the environment names a
    /// proxy, the proxy makes the connection, and this cannot be checked.
    package var publicAddressesOnly: Bool
    /// Decodes an encoded body, for a server that encodes although it was asked not to. Otherwise the bytes
    /// stay unchanged, whatever the answer calls them.
    package var decodesBody = false
    /// Asked just before the request leaves, on the transfer thread: whether it still may.
    package var mayLeave: (@Sendable () -> Bool)?
    /// When it gives way to others; nil for never.
    package var givesWay: GivesWay?

    package init(
        url: String, method: Method = .get, headers: HTTPHeaders = [:], bearerToken: String? = nil,
        connectTimeout: Duration = .seconds(10), answerTimeout: Duration? = .seconds(60),
        silenceTimeout: Duration? = nil, maximumBody: Int = 8 << 20, publicAddressesOnly: Bool = false
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.bearerToken = bearerToken
        self.connectTimeout = connectTimeout
        self.answerTimeout = answerTimeout
        self.silenceTimeout = silenceTimeout
        self.maximumBody = maximumBody
        self.publicAddressesOnly = publicAddressesOnly
    }
}

/// A body that is read while it is sent.
package final class HTTPBody: Equatable, Sendable {
    /// How many bytes there are.
    package let size: Int64
    /// The next bytes: none at the end. Nil ends the transfer: they cannot be read. The transfer thread makes
    /// one call at a time.
    let next: @Sendable () -> [UInt8]?

    package init(size: Int64, next: @escaping @Sendable () -> [UInt8]?) {
        (self.size, self.next) = (size, next)
    }

    package static func == (left: HTTPBody, right: HTTPBody) -> Bool { left === right }
}

/// Some bytes of an open file, as the body of a request. They must not change before it is answered.
package struct FilePart: Equatable, Sendable {
    package let file: FileDescriptor
    package let offset: Int64
    package let count: Int64

    package init(_ file: FileDescriptor, offset: Int64 = 0, count: Int64) {
        (self.file, self.offset, self.count) = (file, offset, count)
    }

    package static func == (left: FilePart, right: FilePart) -> Bool {
        left.file === right.file && left.offset == right.offset && left.count == right.count
    }
}

/// Ends a transfer that drips, if others want its slot: one that received less than 1 kB/s for a whole
/// `window`.
package struct GivesWay: Sendable {
    package var window: Duration
    /// Whether somebody wants the slot. Called on the transfer thread, so it must not wait.
    package var isWanted: @Sendable () -> Bool

    package init(window: Duration, isWanted: @escaping @Sendable () -> Bool) {
        self.window = window
        self.isWanted = isWanted
    }
}

/// What must not reach libcurl, or the wire.
extension HTTPRequest {
    /// Why the request cannot be sent; nil if it can.
    var fault: String? {
        let start = url.utf8.lazy.map { $0 | 0x20 }
        guard start.starts(with: "http://".utf8) || start.starts(with: "https://".utf8) else {
            return "the URL is neither http nor https"
        }
        if url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            return "the URL contains a blank or a control character"
        }
        // A line break in a value would start another header.
        for field in headers.fields where Self.hasControls(field.name) || Self.hasControls(field.value) {
            return Self.controlFault
        }
        return bearerToken.map(Self.hasControls) == true ? Self.controlFault : nil
    }

    private static let controlFault = "a header or the token contains a control character"

    private static func hasControls(_ text: String) -> Bool {
        text.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }
    }

    /// Whether it differs from `other`, both without a body, only in what it asks of the same server.
    func isLike(_ other: HTTPRequest) -> Bool {
        method == .get && other.method == .get && headers == other.headers && bearerToken == other.bearerToken
            && connectTimeout == other.connectTimeout && answerTimeout == other.answerTimeout
            && decodesBody == other.decodesBody && isAtServer(of: other)
    }

    /// Whether both URLs are the same up to the third slash, which begins the path.
    private func isAtServer(of other: HTTPRequest) -> Bool {
        let (one, other) = (url.utf8.span, other.url.utf8.span)
        var slashes = 0
        for place in 0..<min(one.count, other.count) {
            if one[place] != other[place] { return false }
            if one[place] == UInt8(ascii: "/") { slashes += 1 }
            if slashes == 3 { return true }
        }
        return false
    }
}
