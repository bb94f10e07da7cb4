import Glibc
import JobModel
import Testing

@testable import Downloader

/// A nameless file with the given bytes.
final class OpenFile {
    let descriptor: Int32

    init(_ bytes: some Collection<UInt8>) {
        var template = Array("/tmp/jobd-test-XXXXXX".utf8CString)
        descriptor = unsafe mkstemp(&template)
        unsafe unlink(template)
        change(to: Array(bytes))
    }

    deinit { close(descriptor) }

    func change(to bytes: [UInt8]) {
        ftruncate(descriptor, 0)
        unsafe _ = bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    func bytes() throws -> FileBytes { try #require(FileBytes(descriptor: descriptor)) }

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
