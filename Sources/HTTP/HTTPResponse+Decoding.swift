extension HTTPResponse {
    /// The result of decoding a body.
    package enum Decoding: Equatable, Sendable {
        /// It is not encoded, whatever it is called, or in an unknown way.
        case none
        case decoded(HTTPResponse)
        /// It is damaged, and nothing in it is reliable. This is what could be read.
        case damaged(HTTPResponse)
        /// It is longer than allowed. This is its beginning.
        case tooLong(HTTPResponse)
    }

    /// Decodes a body that was encoded without being requested so. The server's name for the encoding may be
    /// wrong or missing, so the bytes are looked at too.
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

    /// Nil if the bytes are not in this encoding, or it is not known here.
    private static func inflate(_ bytes: [UInt8], _ layer: String, _ limit: Int) -> Inflation? {
        guard ["gzip", "x-gzip", "deflate"].contains(layer) else { return nil }
        var inflated = Inflation(bytes, format: Inflation.wrapped, limit: limit)
        // "deflate" means zlib's format, but some servers omit its header.
        if layer == "deflate", inflated.bytes.isEmpty {
            inflated = Inflation(bytes, format: Inflation.raw, limit: limit)
        }
        return inflated.bytes.isEmpty && inflated.ending != .whole ? nil : inflated
    }
}
