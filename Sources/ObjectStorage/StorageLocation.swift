internal import HTTP
package import JobModel

/// Where the storage is, and how its objects are addressed.
package struct StorageLocation: Hashable, Sendable {
    /// The bucket, and what comes before the names of jobd's own objects.
    package let root: ObjectName
    let region: String
    private let scheme: String
    /// With the port, unless it is the scheme's own: as in the header `Host`.
    private let host: String
    private let basePath: String
    private let usesPathStyle: Bool

    /// - Parameter endpoint: nil for AWS's own.
    package init(root: ObjectName, endpoint: String?, region: String, usesPathStyle: Bool) {
        self.root = root
        self.region = region
        self.usesPathStyle = usesPathStyle
        let endpoint = endpoint ?? "https://s3.\(region).amazonaws.com"
        let parts = endpoint.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        scheme = parts.first.map { $0.dropLast().lowercased() } ?? "https"
        let authority = parts.count > 2 ? parts[2].lowercased() : ""
        let port = scheme == "https" ? ":443" : ":80"
        host = authority.hasSuffix(port) ? String(authority.dropLast(port.count)) : authority
        var path = parts.count > 3 ? parts[3] : ""
        while path.last == "/" { path.removeLast() }
        basePath = path.isEmpty ? "" : "/" + path
    }

    /// An object of jobd's own.
    package func name(_ path: String) -> ObjectName {
        var prefix = root.key[...]
        while prefix.last == "/" { prefix.removeLast() }
        return ObjectName(bucket: root.bucket, key: prefix.isEmpty ? path : "\(prefix)/\(path)")
    }

    /// What a request for an object says: an empty key means the bucket.
    func address(of name: ObjectName) -> (url: String, host: String, path: String) {
        let inPath = usesPathStyle || !Self.canBeHost(name.bucket) || Self.isNumber(host)
        let bucketHost = inPath ? host : "\(name.bucket).\(host)"
        let path = "\(basePath)/" + (inPath ? "\(name.bucket)/\(name.key)" : name.key)
        // A bucket in the path is named without a slash behind it.
        let short = inPath && name.key.isEmpty ? String(path.dropLast()) : path
        let escaped = CanonicalRequest.escapedPath(short)
        return ("\(scheme)://\(bucketHost)\(escaped)", bucketHost, escaped)
    }

    /// For people.
    package var place: String { host }

    /// A dot would not be covered by the certificate of the storage.
    private static func canBeHost(_ bucket: String) -> Bool {
        bucket.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
        }
    }

    /// Whether the host has no name that a bucket could be put before.
    private static func isNumber(_ host: String) -> Bool {
        let name = host.prefix { $0 != ":" }
        return host.first == "[" || name == "localhost" || name.allSatisfy { $0.isNumber || $0 == "." }
    }
}
