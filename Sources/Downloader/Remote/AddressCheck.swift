internal import HTTP

extension Downloader {
    /// Whether the address of an output still serves a file; nil if its server does not say so now. Asks for
    /// one byte.
    package func isServed(_ url: String) async -> Bool? {
        let policy = HostPolicy(settings)
        guard var address = try? policy.admit(WebAddress(url)) else { return false }
        for _ in 0...Self.mostRedirects {
            let sink = PieceSink(at: 0, length: 1, most: 1) { !$0.isEmpty }
            let request = HTTPRequest(
                url: address.text, headers: ["Range": "bytes=0-0", "Accept-Encoding": "identity"],
                connectTimeout: settings.connectTimeout, answerTimeout: settings.silenceTimeout,
                publicAddressesOnly: !policy.isOwn(address))
            do throws(HTTPError) {
                _ = try await client.download(request, into: sink)
                return true
            } catch {
                guard case .sinkFailed(let head) = error else { return nil }
                if sink.isFull { return true }
                guard (300..<400).contains(head.status) else {
                    return [401, 403, 404, 410].contains(head.status) ? false : nil
                }
                let next = head.headers["location"].flatMap(address.resolving)
                guard let next = try? policy.admit(next) else { return false }
                address = next
            }
        }
        return nil
    }
}
