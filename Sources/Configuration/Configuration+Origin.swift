extension Configuration {
    /// Whose requests are asked for: scheme, host and port of `api_url`, in one spelling.
    package var apiOrigin: String {
        let text = apiURL.lowercased()
        let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3 else { return text }
        var authority = parts[2]
        let ordinary = parts[0] == "https:" ? ":443" : ":80"
        if authority.hasSuffix(ordinary) { authority = authority.dropLast(ordinary.count) }
        if authority.hasSuffix(".") { authority = authority.dropLast() }
        return "\(parts[0])//\(authority)"
    }
}
