/// One request, and the bounds that it keeps to.
package struct HTTPRequest: Sendable {
    package enum Method: Equatable, Sendable {
        case get
        /// Always sent on a connection of its own, and never repeated: it may cost money.
        case post(body: [UInt8])
    }

    package var url: String
    package var method: Method
    package var headers: HTTPHeaders
    /// Goes to the URL's own origin alone: redirects are answers, they are never followed, and no proxy can
    /// read it.
    package var bearerToken: String?
    /// To resolve the name, connect and shake hands.
    package var connectTimeout: Duration
    /// For the whole exchange; nil where only silence ends it.
    package var answerTimeout: Duration?
    /// The longest time without a byte, once the request has left; nil for no such bound.
    package var silenceTimeout: Duration?
    /// The most bytes of a body kept in memory. A sink bounds itself.
    package var maximumBody: Int
    /// Refuses to speak to private, loopback and other addresses that are not out on the internet.
    /// Where the environment names a proxy, the proxy makes the connection and this cannot be checked.
    package var publicAddressesOnly: Bool
    /// Has an encoded body decoded: for a server that encodes though it was asked not to. Without it, bytes
    /// stay as they come, whatever the answer calls them.
    package var decodesBody = false
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

/// A transfer that drips ends where others want its place: one that brought less than 1 kB/s for a whole
/// `window`.
package struct GivesWay: Sendable {
    package var window: Duration
    /// Whether somebody wants the place. Asked on the transfer thread: it must not wait.
    package var isWanted: @Sendable () -> Bool

    package init(window: Duration, isWanted: @escaping @Sendable () -> Bool) {
        self.window = window
        self.isWanted = isWanted
    }
}
