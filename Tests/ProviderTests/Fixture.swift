import HTTP
import Scratch
import Testing

@testable import Provider

/// The samples under Tests/Fixtures, each named for what it shows.
enum Fixture {
    /// An answer with a sample's body. A name that is no file's is the body itself.
    static func answer(_ status: Int, _ body: String, _ headers: HTTPHeaders = [:]) throws -> HTTPResponse {
        var bytes = Array(body.utf8)
        if body.hasSuffix(".json") || body.hasSuffix(".html") {
            bytes = try #require(
                FileOnDisk.bytes("\(FileOnDisk.repository)/Tests/Fixtures/\(body)"), "\(body)")
        }
        return HTTPResponse(status: status, headers: headers, body: bytes)
    }
}

extension SubmitAnswer {
    /// The reason and what is kept, of an answer that leaves open whether the POST bought something.
    var doubt: (reason: String, raw: KeptAnswer)? {
        if case .uncertain(let reason, let raw) = self { (reason, raw) } else { nil }
    }
}

extension StatusAnswer {
    var isAskedAgain: Bool { if case .stopped(.tryLater) = self { true } else { false } }
}

extension ResultAnswer {
    var isAskedAgain: Bool { if case .stopped(.tryLater) = self { true } else { false } }
}

extension CancelAnswer {
    var isAskedAgain: Bool { if case .stopped(.tryLater) = self { true } else { false } }
}
