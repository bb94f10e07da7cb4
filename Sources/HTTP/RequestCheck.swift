/// What must not reach libcurl, or the wire.
enum RequestCheck {
    /// Why a request cannot be sent; nil where it can.
    static func fault(in request: HTTPRequest) -> String? {
        guard isWeb(request.url) else { return "the URL is neither http nor https" }
        if request.url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            return "the URL holds a blank or a control character"
        }
        // A line break in a value would start a header of the value's own choice.
        let fields = request.headers.fields
        if fields.contains(where: { isUnfit($0.name) || isUnfit($0.value) })
            || isUnfit(request.bearerToken ?? "")
        {
            return "a header or the token holds a control character"
        }
        return nil
    }

    private static func isWeb(_ url: String) -> Bool {
        let start = url.utf8.prefix(8).map { $0 | 0x20 }
        return start.starts(with: "http://".utf8) || start.starts(with: "https://".utf8)
    }

    private static func isUnfit(_ text: String) -> Bool {
        text.utf8.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }
    }
}
