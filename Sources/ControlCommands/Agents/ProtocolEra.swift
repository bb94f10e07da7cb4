internal import CommandLineTool
internal import JSON

/// How a client speaks. Since 2026-07-28 each request names the revision of the Model Context Protocol;
/// before, `initialize` agreed on one for as long as the program runs.
enum ProtocolEra: Equatable {
    case handshake
    case stateless

    static let current = ["2026-07-28"]
    static let handshakes = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
    static let all = current + handshakes

    private static let prefix = "io.modelcontextprotocol/"

    /// - Parameter isInitialized: whether the client has sent `initialize`.
    init(of request: RPCRequest, isInitialized: Bool) throws(RPCError) {
        let meta = request.params["_meta"]
        guard let version = meta?[Self.prefix + "protocolVersion"] else {
            guard isInitialized || request.method == "initialize" || request.method == "ping" else {
                throw RPCError(
                    .invalidParams,
                    "name the revision of the protocol in \"_meta\", or begin with \"initialize\"")
            }
            self = .handshake
            return
        }
        guard let version = version.string else {
            throw RPCError(.invalidParams, "\(Self.prefix)protocolVersion must be a text")
        }
        guard Self.current.contains(version) else {
            throw RPCError(
                .unsupportedVersion, "unsupported protocol version",
                data: .object([
                    "supported": .array(Self.all.map(JSON.string)), "requested": .string(version),
                ]))
        }
        guard meta?[Self.prefix + "clientCapabilities"]?.object != nil else {
            throw RPCError(.invalidParams, "\(Self.prefix)clientCapabilities is missing in \"_meta\"")
        }
        self = .stateless
    }

    /// The revision for a client that offers this one in `initialize`: the same, or the newest.
    static func agreed(_ offered: String?) -> String {
        handshakes.first { $0 == offered } ?? handshakes[0]
    }

    static let server: JSON = .object([
        "name": "jobd", "title": "jobd, a job queue for RunComfy", "version": .string(Release.version),
    ])

    /// A result as the revision writes it.
    ///
    /// - Parameter isCacheable: whether it may be kept: lists and resources say for how long, which is not
    ///   at all.
    func complete(_ result: JSONObject, isCacheable: Bool) -> JSONObject {
        guard self == .stateless else { return result }
        var result = result
        result["resultType"] = "complete"
        if isCacheable { (result["ttlMs"], result["cacheScope"]) = (.integer(0), "private") }
        result["_meta"] = .object([Self.prefix + "serverInfo": Self.server])
        return result
    }
}
