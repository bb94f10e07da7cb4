internal import CCurl
internal import Glibc

/// What all transfers of a client share: its name, memory for downloads, and settings from the environment.
struct TransferSettings: Sendable {
    let userAgent: String
    /// How much libcurl receives at a time in one download. A large buffer takes fewer calls. Each download
    /// has one, so many have smaller ones: 2 MiB together, or 16 KiB each if that is more.
    let downloadBuffer: Int
    let certificateFile: String?
    let certificateFolder: String?
    private let proxiedSchemes: Set<String>

    /// libcurl reads the variables for proxies itself. Those for certificates are only read by the curl tool.
    init(
        userAgent: String, maximumConnections: Int = 1, environment: (String) -> String? = Self.variable
    ) {
        self.userAgent = userAgent
        downloadBuffer = min(max((2 << 20) / maximumConnections, 16 << 10), 512 << 10)
        let bundle = environment("CURL_CA_BUNDLE")
        certificateFile = bundle ?? environment("SSL_CERT_FILE")
        certificateFolder = bundle == nil ? environment("SSL_CERT_DIR") : nil
        let any = environment("all_proxy") ?? environment("ALL_PROXY")
        var proxied: Set<String> = []
        // `HTTP_PROXY` is not read: in a CGI program it comes from a request's header.
        if (environment("http_proxy") ?? any) != nil { proxied.insert("http") }
        if (environment("https_proxy") ?? environment("HTTPS_PROXY") ?? any) != nil {
            proxied.insert("https")
        }
        proxiedSchemes = proxied
    }

    /// Whether a request may go through a proxy, which then makes the connection.
    func mayUseProxy(_ url: String) -> Bool { proxiedSchemes.contains(url.prefix { $0 != ":" }.lowercased()) }

    func apply(_ set: (CURLoption, String?) -> Void) {
        set(CURLOPT_USERAGENT, userAgent)
        // libcurl caches what it reads from a certificate file, but only if no folder is set.
        set(CURLOPT_CAPATH, certificateFolder)
        if let certificateFile {
            set(CURLOPT_CAINFO, certificateFile)
            set(CURLOPT_PROXY_CAINFO, certificateFile)
        }
    }

    /// A variable of the environment. Empty counts as absent.
    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
        return unsafe String(cString: value)
    }
}
