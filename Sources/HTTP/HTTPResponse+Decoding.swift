extension HTTPResponse {
    /// What there is to an encoded body.
    package enum Decoding: Equatable, Sendable {
        /// It is not encoded, whatever it is called, or in a way that is not known here.
        case none
        case decoded(HTTPResponse)
        /// It is damaged: nothing in it can be relied on. What could be read of it is there.
        case damaged(HTTPResponse)
        /// There is more in it than allowed. Its beginning is there.
        case tooLong(HTTPResponse)
    }

    /// Reads a body that came encoded, though that was not asked for. A server's word for it may be wrong or
    /// missing: the bytes count as well.
    package func decoding(limit: Int) -> Decoding {
        var layers = encodings
        if layers.isEmpty, body.starts(with: [0x1F, 0x8B, 8]) { layers = ["gzip"] }
        guard !layers.isEmpty, !body.isEmpty else { return .none }
        var bytes = body
        var ending = Inflation.Ending.whole
        for layer in layers.reversed() {
            guard let inflated = Self.inflate(bytes, layer, limit) else { return .none }
            bytes = inflated.bytes
            if inflated.ending != .whole { ending = inflated.ending }
        }
        var response = self
        response.body = bytes
        response.headers.fields.removeAll { Self.ofTheEncoding.contains($0.name.lowercased()) }
        if ending != .whole { response.encoded = Encoded(bytes: body, words: layers.joined(separator: ", ")) }
        switch ending {
        case .whole, .cut: return .decoded(response)
        case .broken: return .damaged(response)
        case .tooLong: return .tooLong(response)
        }
    }

    private static let ofTheEncoding: Set<String> = ["content-encoding", "content-length"]

    /// Nil where these bytes are not so encoded, or nobody here knows how.
    private static func inflate(_ bytes: [UInt8], _ layer: String, _ limit: Int) -> Inflation? {
        guard ["gzip", "x-gzip", "deflate"].contains(layer) else { return nil }
        var inflated = Inflation(bytes, format: Inflation.wrapped, limit: limit)
        // "deflate" means zlib's wrapping, and some leave it out.
        if layer == "deflate", inflated.bytes.isEmpty {
            inflated = Inflation(bytes, format: Inflation.raw, limit: limit)
        }
        return inflated.bytes.isEmpty && inflated.ending != .whole ? nil : inflated
    }
}
