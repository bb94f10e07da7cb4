import Glibc
import HTTP
import Testing

/// The samples under Tests/Fixtures, each named for what it shows.
enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let file = open("/\(folder)/Fixtures/\(name)", O_RDONLY)
        try #require(file >= 0, "no sample \(name)")
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(file, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    /// An answer with a sample's body. A name that is no file's is the body itself.
    static func answer(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) throws -> HTTPResponse {
        let isSample = body.hasSuffix(".json") || body.hasSuffix(".html")
        return HTTPResponse(
            status: status, headers: headers, body: isSample ? try bytes(body) : Array(body.utf8))
    }
}
