/// What must not reach libcurl, or the wire.
enum RequestCheck {
    /// Why a request cannot be sent; nil where it can.
    static func fault(in request: HTTPRequest) -> String? {
        let scheme = request.url.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https", request.url.dropFirst(scheme.count).hasPrefix("://")
        else {
            return "the URL is neither http nor https"
        }
        if request.url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            return "the URL holds a blank or a control character"
        }
        // A line break in a value would start a header of the value's own choice.
        let texts = request.headers.fields.flatMap { [$0.name, $0.value] } + [request.bearerToken ?? ""]
        if texts.contains(where: { $0.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F } }) {
            return "a header or the token holds a control character"
        }
        return nil
    }
}
