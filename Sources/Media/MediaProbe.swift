internal import JobModel

/// Whether a whole file is what was paid for, or something else under its address.
package enum ContentVerdict: Equatable, Sendable {
    case accepted(MediaFacts)
    /// In words, for the job's history.
    case refused(String)
}

/// What the bytes of a file are, as far as the first of them tell.
private enum MediaContent {
    case media(MediaFormat)
    case svg(TextContent)
    case html(isXML: Bool)
    case json, text, binary

    init(_ file: FileBytes) {
        if let format = MediaFormat.of(file) {
            self = .media(format)
            return
        }
        guard let text = TextContent(file.head(4096)) else {
            self = .binary
            return
        }
        self =
            text.isHTML
            ? .html(isXML: text.isXML) : text.isSVG ? .svg(text) : text.isJSONObject ? .json : .text
    }
}

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
            facts.setSize(text.drawingSize)
            return .accepted(facts)
        // Error pages are sent as `text/html`, even if they are XML.
        case .html(isXML: true) where !expectsMedia && hint.mediaType != "text/html":
            return .accepted(
                MediaFacts(kind: .file, mediaType: "application/xhtml+xml", fileExtension: "xhtml"))
        case .html: return .refused("the server sent a web page")
        case .json where expectsMedia:
            return .refused("the server sent JSON instead of \(hint.kind.article)")
        case .json:
            return .accepted(MediaFacts(kind: .file, mediaType: "application/json", fileExtension: "json"))
        case .text where expectsMedia:
            return .refused("the server sent text instead of \(hint.kind.article)")
        case .text: return .accepted(hint.facts("text/plain", "txt"))
        case .binary where hint.mediaType == "text/html" || hint.mediaType == "application/xhtml+xml":
            return .refused("the server sent something that it calls a web page")
        case .binary: return .accepted(hint.facts("application/octet-stream", "bin"))
        }
    }

    /// Whether the file reaches the end that its own format announces. If it could not be read: unknown.
    package static func wholeness(of file: FileBytes) -> Wholeness {
        let found = MediaFormat.of(file)?.reader?.wholeness(of: file) ?? .unknown
        return file.isExhausted || file.fault != nil ? .unknown : found
    }

    /// What a file on this machine is, or why it cannot be what its name says, in words that follow the name.
    package static func verdict(onLocal file: FileBytes, named name: String) -> ContentVerdict {
        if file.size == 0 { return .refused("is empty") }
        let hint = ContentHint(kind: .file, declaredType: nil, url: "file://here/\(name)")
        guard case .accepted(let facts) = verdict(on: file, hint) else { return .refused("is a web page") }
        let ending = name.split(separator: ".", omittingEmptySubsequences: false).last?.lowercased() ?? ""
        if facts.kind == .file, MediaFormat.isMedia(ending) {
            return .refused("is \(facts.mediaType), although its name ends in .\(ending)")
        }
        if wholeness(of: file) == .cut { return .refused("is cut short: its end is missing") }
        return .accepted(facts)
    }

    /// Whether the content is of a known format.
    package static func isKnown(_ file: FileBytes) -> Bool {
        if case .binary = MediaContent(file) { false } else { true }
    }
}

extension MediaFacts {
    /// Leaves out a width or height of zero, or of more than any picture has.
    mutating func setSize(_ size: (width: UInt64, height: UInt64)?) {
        let possible: ClosedRange<UInt64> = 1...1_000_000
        guard let size, possible.contains(size.width), possible.contains(size.height) else { return }
        width = Int(size.width)
        height = Int(size.height)
    }

    /// `count` samples, `rate` of them a second. Leaves out zero, and a thousand years.
    mutating func setDuration(_ count: Double?, rate: Double) {
        guard let count, count > 0, rate > 0, count / rate < 3e10 else { return }
        duration = count / rate
    }
}

extension ContentHint {
    /// What the server and the URL call it, else `type` and `fallback`.
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
