import Glibc

/// Reads what a file is from its content, with few and bounded reads whatever the content claims.
package enum MediaProbe {
    /// Whether the file is an output, and what it is.
    package static func verdict(on file: FileBytes, _ hint: ContentHint) -> ContentVerdict {
        if file.size == 0 { return .refused("the file is empty") }
        let format = MediaFormat(file)
        let expectsMedia = hint.kind != .file
        switch format {
        case .html: return .refused("the server sent a web page")
        case .json where expectsMedia:
            return .refused("the server sent JSON in place of \(hint.kind.article)")
        case .text where expectsMedia:
            return .refused("the server sent text in place of \(hint.kind.article)")
        case .binary where hint.mediaType == "text/html" || hint.mediaType == "application/xhtml+xml":
            return .refused("the server sent something that it calls a web page")
        default: return .accepted(facts(of: file, format, hint))
        }
    }

    /// What the file at `path` is; nil where it cannot be read, is empty or a web page.
    package static func facts(path: String) -> MediaFacts? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let file = FileBytes(descriptor: descriptor),
            case .accepted(let facts) = verdict(
                on: file, ContentHint(kind: .file, declaredType: nil, url: path))
        else { return nil }
        return facts
    }

    /// Whether the file reaches the end that its own format names; nil where the format names none.
    package static func isWhole(_ file: FileBytes) -> Bool? {
        let whole: Bool? =
            switch MediaFormat(file) {
            case .png: PNGFile.isWhole(file)
            case .jpeg: JPEGFile.isWhole(file)
            case .gif: GIFFile.isWhole(file)
            case .webp, .wav, .avi: RIFFFile.isWhole(file)
            case .isoMedia: ISOMediaFile.isWhole(file)
            case .matroska: MatroskaFile.isWhole(file)
            case .mp3, .aac: MPEGAudioFile(file).isWhole
            case .ogg, .oggVideo: OggFile.isWhole(file)
            case .zip: ZIPFile.isWhole(file)
            case .bmp: file.littleEndian(at: 2, 4).flatMap { $0 == 0 ? nil : Int64($0) <= file.size }
            case .glb: file.littleEndian(at: 8, 4).map { Int64($0) <= file.size } ?? false
            case .pdf: DocumentEnd.isWholePDF(file)
            case .svg: DocumentEnd.isWholeSVG(file)
            case .text, .binary: MediaFormat.isBegun(file) ? false : nil
            case .tiff, .flac, .json, .html: nil
            }
        return file.isExhausted || file.fault != nil ? nil : whole
    }

    /// Whether the content says what it is.
    static func isKnown(_ file: FileBytes) -> Bool { MediaFormat(file) != .binary }

    private static func facts(of file: FileBytes, _ format: MediaFormat, _ hint: ContentHint) -> MediaFacts {
        guard var facts = format.facts else {
            let isText = format == .text
            return MediaFacts(
                kind: .file,
                mediaType: hint.mediaType ?? (isText ? "text/plain" : "application/octet-stream"),
                fileExtension: hint.fileExtension ?? (isText ? "txt" : "bin"))
        }
        switch format {
        case .png: facts.setSize(PNGFile.size(of: file))
        case .jpeg: facts.setSize(JPEGFile.size(of: file))
        case .gif: facts.setSize(GIFFile.size(of: file))
        case .webp: facts.setSize(WebPFile.size(of: file))
        case .isoMedia: ISOMediaFile(file).complete(&facts)
        case .matroska: MatroskaFile(file).complete(&facts)
        case .mp3, .aac: facts.duration = MPEGAudioFile(file).duration
        case .wav: facts.duration = WaveFile.duration(of: file)
        default: break
        }
        return facts
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
}

extension MediaKind {
    fileprivate var article: String {
        switch self {
        case .image: "an image"
        case .video: "a video"
        case .audio: "audio"
        case .file: "a file"
        }
    }
}
