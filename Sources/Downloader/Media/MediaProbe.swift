internal import Glibc
internal import JobModel
internal import System

/// Reads what a file is from its content, with few and bounded reads whatever the content claims.
package enum MediaProbe {
    /// Whether the file is an output, and what it is.
    package static func verdict(on file: FileBytes, _ hint: ContentHint) -> ContentVerdict {
        if file.size == 0 { return .refused("the file is empty") }
        let expectsMedia = hint.kind != .file
        switch MediaContent(file) {
        case .media(let format):
            var facts = format.facts
            format.reader?.complete(&facts, from: file)
            return .accepted(facts)
        case .svg(let text):
            var facts = MediaFacts(kind: .image, mediaType: "image/svg+xml", fileExtension: "svg")
            facts.setSize(SVGDrawing.size(text.drawingAttributes))
            return .accepted(facts)
        // Error pages are sent as `text/html`, those that are XML as well.
        case .html(isXML: true) where !expectsMedia && hint.mediaType != "text/html":
            return .accepted(
                MediaFacts(kind: .file, mediaType: "application/xhtml+xml", fileExtension: "xhtml"))
        case .html: return .refused("the server sent a web page")
        case .json where expectsMedia:
            return .refused("the server sent JSON in place of \(hint.kind.article)")
        case .json:
            return .accepted(MediaFacts(kind: .file, mediaType: "application/json", fileExtension: "json"))
        case .text where expectsMedia:
            return .refused("the server sent text in place of \(hint.kind.article)")
        case .text: return .accepted(hint.facts("text/plain", "txt"))
        case .binary where hint.mediaType == "text/html" || hint.mediaType == "application/xhtml+xml":
            return .refused("the server sent something that it calls a web page")
        case .binary: return .accepted(hint.facts("application/octet-stream", "bin"))
        }
    }

    /// What the file at `path` is; nil where it cannot be read, is empty or a web page.
    package static func facts(path: String) -> MediaFacts? {
        guard let file = (try? FileDescriptor(opening: path, flags: O_NONBLOCK)).flatMap({ FileBytes($0) }),
            case .accepted(let facts) = verdict(
                on: file, ContentHint(kind: .file, declaredType: nil, url: path))
        else { return nil }
        return facts
    }

    /// Whether the file reaches the end that its own format names. What could not be read tells nothing.
    package static func wholeness(of file: FileBytes) -> Wholeness {
        let found = MediaFormat.of(file)?.reader?.wholeness(of: file) ?? .unknown
        return file.isExhausted || file.fault != nil ? .unknown : found
    }

    /// Whether the content says what it is.
    static func isKnown(_ file: FileBytes) -> Bool {
        if case .binary = MediaContent(file) { false } else { true }
    }
}

extension MediaFacts {
    /// A width or height of nothing, or of more than any picture has, is a lie and better left out.
    mutating func setSize(_ size: (width: UInt64, height: UInt64)?) {
        let possible: ClosedRange<UInt64> = 1...1_000_000
        guard let size, possible.contains(size.width), possible.contains(size.height) else { return }
        width = Int(size.width)
        height = Int(size.height)
    }

    /// `count` samples, `rate` of them a second. Nothing lasts for no time, nor for a thousand years.
    mutating func setDuration(_ count: Double?, rate: Double) {
        guard let count, count > 0, rate > 0, count / rate < 3e10 else { return }
        duration = count / rate
    }
}

extension ContentHint {
    /// What the server and the URL call it; `type` and `fallback` where they say nothing.
    fileprivate func facts(_ type: String, _ fallback: String) -> MediaFacts {
        MediaFacts(kind: .file, mediaType: mediaType ?? type, fileExtension: fileExtension ?? fallback)
    }
}

extension Output.Kind {
    fileprivate var article: String {
        switch self {
        case .image: "an image"
        case .video: "a video"
        case .audio: "audio"
        case .file: "a file"
        }
    }
}
