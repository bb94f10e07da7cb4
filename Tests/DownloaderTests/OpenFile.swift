import JobModel
import System
import Testing

@testable import Downloader

/// A nameless file with the given bytes.
final class OpenFile {
    let descriptor: FileDescriptor

    init(_ bytes: some Collection<UInt8>) throws { descriptor = try .inMemory(Array(bytes)) }

    func change(to bytes: [UInt8]) throws {
        try descriptor.truncate()
        try descriptor.write(bytes, at: 0)
    }

    func bytes() throws -> FileBytes { try #require(FileBytes(descriptor)) }

    func verdict(_ kind: Output.Kind = .image, type: String? = nil, url: String = "https://h.test/a/b") throws
        -> ContentVerdict
    {
        MediaProbe.verdict(on: try bytes(), ContentHint(kind: kind, declaredType: type, url: url))
    }

    func facts(_ kind: Output.Kind = .image, type: String? = nil, url: String = "https://h.test/a/b") throws
        -> MediaFacts?
    {
        guard case .accepted(let facts) = try verdict(kind, type: type, url: url) else { return nil }
        return facts
    }

    func wholeness() throws -> Wholeness { MediaProbe.wholeness(of: try bytes()) }
}
