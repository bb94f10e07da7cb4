/// Where outputs may come from. Every address is checked, that of each redirect too.
struct HostPolicy: Sendable {
    private let own: WebAddress?
    private let hosts: [String]

    init(_ settings: DownloadSettings) {
        own = WebAddress(settings.apiURL)
        hosts = settings.hosts.map { host in
            let host = host.lowercased()
            return host.hasSuffix(".") ? String(host.dropLast()) : host
        }
    }

    /// The address, if outputs may come from there.
    func admit(_ address: WebAddress?) throws(DownloadFailure) -> WebAddress {
        guard let address else { throw .refusedHost("the output's address is not an http or https URL") }
        // Unencrypted only if the API itself is, which must then be on loopback.
        guard address.scheme == "https" || (isOwn(address) && own?.scheme == "http") else {
            throw .refusedHost("the output's address at \(address.host) is not https")
        }
        guard isOwn(address) || hosts.contains(where: { matches(address.host, $0) }) else {
            throw .refusedHost(
                "outputs may not come from \(address.host): if they should, add it to download.hosts")
        }
        return address
    }

    /// Whether the address is on the API's own host, at any port. All names of loopback are one host.
    func isOwn(_ address: WebAddress) -> Bool {
        guard let own else { return false }
        return address.host == own.host || (own.isLoopback && address.isLoopback)
    }

    private func matches(_ host: String, _ pattern: String) -> Bool {
        pattern.hasPrefix(".") ? host.hasSuffix(pattern) && host.count > pattern.count : host == pattern
    }
}
