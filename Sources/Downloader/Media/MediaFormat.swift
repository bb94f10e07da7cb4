/// The formats that are told by their first bytes.
enum MediaFormat: Equatable {
    case png, jpeg, gif, webp, bmp, tiff, svg
    case isoMedia(brand: String)
    case matroska(documentType: String)
    case avi, oggVideo
    case mp3, wav, flac, ogg, aac
    case zip, pdf, glb
    case json, html, text, binary

    /// What the format is where nothing inside it says more; nil where it has no type of its own.
    var facts: MediaFacts? {
        switch self {
        case .png: MediaFacts(kind: .image, mediaType: "image/png", fileExtension: "png")
        case .jpeg: MediaFacts(kind: .image, mediaType: "image/jpeg", fileExtension: "jpg")
        case .gif: MediaFacts(kind: .image, mediaType: "image/gif", fileExtension: "gif")
        case .webp: MediaFacts(kind: .image, mediaType: "image/webp", fileExtension: "webp")
        case .bmp: MediaFacts(kind: .image, mediaType: "image/bmp", fileExtension: "bmp")
        case .tiff: MediaFacts(kind: .image, mediaType: "image/tiff", fileExtension: "tiff")
        case .svg: MediaFacts(kind: .image, mediaType: "image/svg+xml", fileExtension: "svg")
        case .isoMedia(let brand): ISOMediaFile.facts(brand: brand)
        case .matroska(let type): MatroskaFile.facts(documentType: type)
        case .avi: MediaFacts(kind: .video, mediaType: "video/x-msvideo", fileExtension: "avi")
        case .oggVideo: MediaFacts(kind: .video, mediaType: "video/ogg", fileExtension: "ogv")
        case .mp3: MediaFacts(kind: .audio, mediaType: "audio/mpeg", fileExtension: "mp3")
        case .wav: MediaFacts(kind: .audio, mediaType: "audio/wav", fileExtension: "wav")
        case .flac: MediaFacts(kind: .audio, mediaType: "audio/flac", fileExtension: "flac")
        case .ogg: MediaFacts(kind: .audio, mediaType: "audio/ogg", fileExtension: "ogg")
        case .aac: MediaFacts(kind: .audio, mediaType: "audio/aac", fileExtension: "aac")
        case .zip: MediaFacts(kind: .file, mediaType: "application/zip", fileExtension: "zip")
        case .pdf: MediaFacts(kind: .file, mediaType: "application/pdf", fileExtension: "pdf")
        case .glb: MediaFacts(kind: .file, mediaType: "model/gltf-binary", fileExtension: "glb")
        case .json: MediaFacts(kind: .file, mediaType: "application/json", fileExtension: "json")
        case .html, .text, .binary: nil
        }
    }

    init(_ file: FileBytes) {
        let head = file.head(4096)
        self = Self.byMagic(head, file) ?? Self.byText(head)
    }

    /// Whether the file ends inside the bytes by which a format is told.
    static func isBegun(_ file: FileBytes) -> Bool {
        let head = Array(file.head(12))
        // One or two letters are the beginning of anything.
        guard let first = head.first, head.count < 12, head.count > 2 || first >= 0x80 else { return false }
        let magics: [[UInt8]] = [
            [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], [0xFF, 0xD8, 0xFF], Array("GIF89a".utf8),
            Array("GIF87a".utf8), Array("RIFF".utf8), Array("OggS".utf8), Array("fLaC".utf8),
            Array("glTF".utf8), Array("%PDF-".utf8), [0x50, 0x4B, 0x03, 0x04], MatroskaFile.magic,
        ]
        return magics.contains { $0.starts(with: head) || head.starts(with: $0) }
            || (head.count > 4 && first == 0 && "ftyp".utf8.starts(with: head[4...].prefix(4)))
    }

    private static func byMagic(_ head: ArraySlice<UInt8>, _ file: FileBytes) -> MediaFormat? {
        let bytes = Array(head.prefix(16))
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if bytes.starts(with: Array("GIF87a".utf8)) || bytes.starts(with: Array("GIF89a".utf8)) {
            return .gif
        }
        if bytes.starts(with: Array("RIFF".utf8)) || bytes.starts(with: Array("RF64".utf8)) {
            return riff(String(decoding: bytes.dropFirst(8).prefix(4), as: UTF8.self))
        }
        if let brand = ISOMediaFile.brand(of: file) { return .isoMedia(brand: brand) }
        if bytes.starts(with: MatroskaFile.magic) {
            return .matroska(documentType: MatroskaFile.documentType(of: file))
        }
        if bytes.starts(with: Array("OggS".utf8)) {
            let isVideo = head.dropFirst(28).starts(with: [0x80] + Array("theora".utf8))
            return isVideo ? .oggVideo : .ogg
        }
        if bytes.starts(with: Array("fLaC".utf8)) { return .flac }
        // The version follows: letters are a text's.
        if bytes.starts(with: Array("ID3".utf8)), bytes.count == 3 || bytes[3] < 0x20 { return .mp3 }
        if bytes.starts(with: Array("glTF".utf8)) { return .glb }
        if bytes.starts(with: Array("%PDF-".utf8)) { return .pdf }
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.starts(with: [0x50, 0x4B, 0x05, 0x06]) {
            return .zip
        }
        if bytes.starts(with: [0x49, 0x49, 0x2A, 0x00]) || bytes.starts(with: [0x4D, 0x4D, 0x00, 0x2A]) {
            return .tiff
        }
        // Two letters are little proof; the four reserved bytes behind the size are zero.
        if bytes.count == 16, bytes.starts(with: Array("BM".utf8)), bytes[6..<10].allSatisfy({ $0 == 0 }) {
            return .bmp
        }
        return mpegAudio(bytes)
    }

    private static func riff(_ form: String) -> MediaFormat? {
        switch form {
        case "WEBP": .webp
        case "WAVE": .wav
        case "AVI ": .avi
        default: nil
        }
    }

    /// A bare stream of MPEG audio: eleven bits of sync, then a header without forbidden values.
    private static func mpegAudio(_ bytes: [UInt8]) -> MediaFormat? {
        guard bytes.count >= 4, bytes[0] == 0xFF, bytes[1] & 0xE0 == 0xE0, bytes[1] & 0x18 != 0x08 else {
            return nil
        }
        let layer = bytes[1] >> 1 & 3
        if layer == 0 { return bytes[1] & 0xF0 == 0xF0 && bytes[2] >> 2 & 0xF < 13 ? .aac : nil }
        let isFrame = layer != 3 && bytes[2] >> 4 != 15 && bytes[2] >> 4 != 0 && bytes[2] >> 2 & 3 != 3
        return isFrame ? .mp3 : nil
    }

    private static func byText(_ head: ArraySlice<UInt8>) -> MediaFormat {
        guard let text = TextContent(head) else { return .binary }
        if text.isHTML { return .html }
        if text.isSVG { return .svg }
        return text.isJSONObject ? .json : .text
    }
}
