import JobModel
import Scratch
import System
import Testing

@testable import Downloader
@testable import Media

extension NamelessFile {
    private func content() throws -> FileBytes { try #require(FileBytes(descriptor)) }

    func verdict(_ kind: Output.Kind = .image, type: String? = nil, url: String = "https://h.test/a/b") throws
        -> ContentVerdict
    { MediaProbe.verdict(on: try content(), ContentHint(kind: kind, declaredType: type, url: url)) }

    func facts(_ kind: Output.Kind = .image, type: String? = nil, url: String = "https://h.test/a/b") throws
        -> MediaFacts?
    {
        guard case .accepted(let facts) = try verdict(kind, type: type, url: url) else { return nil }
        return facts
    }

    func wholeness() throws -> Wholeness { MediaProbe.wholeness(of: try content()) }
}
