internal import JobModel

/// A format that its first bytes identify: what it is, and what reads more of it. To add a format, add a
/// line below.
struct MediaFormat: Sendable {
    /// The bytes at the start; nil for any byte.
    let signature: [UInt8?]
    let facts: MediaFacts
    let reader: (any MediaReader.Type)?

    /// Each character of `signature` is a byte, and a dot is any byte.
    private init(
        _ signature: String, _ kind: Output.Kind, _ type: String, _ fileExtension: String,
        _ reader: (any MediaReader.Type)? = nil
    ) {
        self.signature = signature.unicodeScalars.map { $0 == "." ? nil : UInt8($0.value) }
        facts = MediaFacts(kind: kind, mediaType: type, fileExtension: fileExtension)
        self.reader = reader
    }

    /// What the file is; nil if its first bytes match no format.
    static func of(_ file: FileBytes) -> MediaFormat? {
        // A tag may precede any kind of sound.
        let start = ID3Tag.end(of: file) ?? 0
        let head = file.bytes(at: start, count: Int(min(file.size - start, Int64(longest)))) ?? []
        let found = all.first {
            (start == 0 || $0.facts.kind == .audio) && $0.matches(head) && $0.reader?.isLikely(file) != false
        }
        return found ?? (start > 0 ? tagged : nil)
    }

    /// Whether files with this extension are pictures, films or sounds.
    static func isMedia(_ fileExtension: String) -> Bool {
        ["jpeg", "tif", "m4v", "m4a", "svg"].contains(fileExtension)
            || (pictures + films + sounds).contains { $0.facts.fileExtension == fileExtension }
    }

    private func matches(_ head: ArraySlice<UInt8>) -> Bool {
        head.count >= signature.count && zip(signature, head).allSatisfy { $0 == nil || $0 == $1 }
    }

    private static let longest = all.map(\.signature.count).max() ?? 0

    /// The first that matches counts.
    private static let all = pictures + films + sounds + documents

    private static let pictures = [
        MediaFormat("\u{89}PNG\r\n\u{1A}\n", .image, "image/png", "png", PNGFile.self),
        MediaFormat("\u{FF}\u{D8}\u{FF}\u{F7}", .image, "image/jls", "jls", JPEGFile.self),
        MediaFormat("\u{FF}\u{D8}\u{FF}", .image, "image/jpeg", "jpg", JPEGFile.self),
        MediaFormat("GIF87a", .image, "image/gif", "gif", GIFFile.self),
        MediaFormat("GIF89a", .image, "image/gif", "gif", GIFFile.self),
        MediaFormat("RIFF....WEBP", .image, "image/webp", "webp", WebPFile.self),
        MediaFormat("II*\0", .image, "image/tiff", "tiff", TIFFFile.self),
        MediaFormat("MM\0*", .image, "image/tiff", "tiff", TIFFFile.self),
        // Two letters prove little. The four reserved bytes after the size are zero.
        MediaFormat("BM....\0\0\0\0......", .image, "image/bmp", "bmp", BMPFile.self),
        MediaFormat("\u{FF}\n", .image, "image/jxl", "jxl"),
        MediaFormat("\0\0\0\u{C}JXL \r\n\u{87}\n", .image, "image/jxl", "jxl"),
        MediaFormat("\0\0\0\u{C}jP  \r\n\u{87}\n", .image, "image/jp2", "jp2"),
        MediaFormat("\u{FF}O\u{FF}Q", .image, "image/j2c", "j2c"),
        MediaFormat("P1", .image, "image/x-portable-bitmap", "pbm", PortableMapFile.self),
        MediaFormat("P4", .image, "image/x-portable-bitmap", "pbm", PortableMapFile.self),
        MediaFormat("P2", .image, "image/x-portable-graymap", "pgm", PortableMapFile.self),
        MediaFormat("P5", .image, "image/x-portable-graymap", "pgm", PortableMapFile.self),
        MediaFormat("P3", .image, "image/x-portable-pixmap", "ppm", PortableMapFile.self),
        MediaFormat("P6", .image, "image/x-portable-pixmap", "ppm", PortableMapFile.self),
        MediaFormat("v/1\u{1}", .image, "image/x-exr", "exr"),
        MediaFormat("8BPS\0", .image, "image/vnd.adobe.photoshop", "psd"),
        MediaFormat("DDS |\0\0\0", .image, "image/vnd-ms.dds", "dds"),
        // One to 255 pictures, and a reserved zero.
        MediaFormat("\0\0\u{1}\0.\0...\0", .image, "image/vnd.microsoft.icon", "ico"),
    ]

    private static let films = [
        MediaFormat("....ftyp", .video, "video/mp4", "mp4", ISOMediaFile.self),
        MediaFormat("....styp", .video, "video/mp4", "mp4", ISOMediaFile.self),
        // Old QuickTime files name no brand.
        MediaFormat("....moov", .video, "video/quicktime", "mov", ISOMediaFile.self),
        MediaFormat("....mdat", .video, "video/quicktime", "mov", ISOMediaFile.self),
        MediaFormat("....wide", .video, "video/quicktime", "mov", ISOMediaFile.self),
        MediaFormat("....free", .video, "video/quicktime", "mov", ISOMediaFile.self),
        MediaFormat("....skip", .video, "video/quicktime", "mov", ISOMediaFile.self),
        MediaFormat("....pnot", .video, "video/quicktime", "mov", ISOMediaFile.self),
        MediaFormat("\u{1A}E\u{DF}\u{A3}", .video, "video/x-matroska", "mkv", MatroskaFile.self),
        MediaFormat("RIFF....AVI ", .video, "video/x-msvideo", "avi", AVIFile.self),
        MediaFormat("FLV\u{1}", .video, "video/x-flv", "flv"),
        MediaFormat("0&\u{B2}u\u{8E}f\u{CF}\u{11}", .video, "video/x-ms-wmv", "wmv"),
        MediaFormat("\u{6}\u{E}+4\u{2}\u{5}\u{1}\u{1}\r\u{1}\u{2}", .video, "application/mxf", "mxf"),
        MediaFormat("\0\0\u{1}\u{BA}", .video, "video/mpeg", "mpg"),
        MediaFormat("\0\0\u{1}\u{B3}", .video, "video/mpeg", "mpg"),
        MediaFormat("G", .video, "video/mp2t", "ts", TransportStream.self),
    ]

    private static let sounds: [MediaFormat] =
        [
            MediaFormat("OggS", .audio, "audio/ogg", "ogg", OggFile.self),
            MediaFormat("fLaC", .audio, "audio/flac", "flac", FLACFile.self),
            MediaFormat("RIFF....WAVE", .audio, "audio/wav", "wav", WaveFile.self),
            MediaFormat("RF64....WAVE", .audio, "audio/wav", "wav", WaveFile.self),
            MediaFormat("FORM....AIFF", .audio, "audio/aiff", "aiff", AIFFFile.self),
            MediaFormat("FORM....AIFC", .audio, "audio/aiff", "aiff", AIFFFile.self),
            MediaFormat("caff\0\u{1}", .audio, "audio/x-caf", "caf"),
            tagged,
        ] + frames([0xFB, 0xFA, 0xF3, 0xF2, 0xE3, 0xE2], "audio/mpeg", "mp3")
        + frames([0xFD, 0xFC, 0xF5, 0xF4], "audio/mpeg", "mp2")
        + frames([0xF1, 0xF0, 0xF9, 0xF8], "audio/aac", "aac")

    /// Bare frames: the second byte tells version and layer.
    private static func frames(_ seconds: [UInt8], _ type: String, _ fileExtension: String) -> [MediaFormat] {
        seconds.map { second in
            let signature = "\u{FF}\(Character(UnicodeScalar(second)))"
            return MediaFormat(signature, .audio, type, fileExtension, MPEGAudioFile.self)
        }
    }

    /// A tag followed by nothing that is known, or by bytes that are not here.
    private static let tagged = MediaFormat("ID3", .audio, "audio/mpeg", "mp3", MPEGAudioFile.self)

    private static let documents = [
        MediaFormat("glTF", .file, "model/gltf-binary", "glb"),
        MediaFormat("%PDF-", .file, "application/pdf", "pdf"),
        MediaFormat("PK\u{3}\u{4}", .file, "application/zip", "zip"),
        MediaFormat("PK\u{5}\u{6}", .file, "application/zip", "zip"),
    ]
}

/// MPEG transport streams: packets of 188 bytes, each with a mark at its start.
private enum TransportStream: MediaReader {
    static func isLikely(_ file: FileBytes) -> Bool {
        (0..<3).allSatisfy { file.bigEndian(at: $0 * 188, 1) == 0x47 }
    }
}
