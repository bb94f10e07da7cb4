package import HTTP

/// A piece of a file as an answer brought it, and what the answer said of the whole.
package struct RemotePiece {
    let bytes: [UInt8]
    /// The whole file's size; nil where the server does not tell it.
    let size: Int64?
    let declaredType: String?
    /// The bytes are not the file's own.
    let isEncoded: Bool
    /// Whether the server sends ranges.
    let isRange: Bool

    package init(_ head: HTTPResponse, _ bytes: [UInt8], isCut: Bool) {
        self.bytes = bytes
        isRange = head.status == 206
        declaredType = head.headers["content-type"]
        let encoding = head.headers["content-encoding"]?.lowercased() ?? ""
        isEncoded = !encoding.isEmpty && encoding != "identity"
        // Without a length, the end of the transfer is the end of the file.
        let told = head.isWholeFile ? head.contentLength ?? (isCut ? nil : Int64(bytes.count)) : nil
        size = told ?? ContentRange(head.headers["content-range"])?.total
    }
}
