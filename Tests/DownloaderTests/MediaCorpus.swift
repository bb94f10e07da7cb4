import Glibc
import JobModel
import Scratch

@testable import Downloader
@testable import Media

/// Small files as real encoders write them; Tests/Fixtures/media/make.sh says how each was made.
struct MediaSample: Sendable, CustomStringConvertible {
    let name: String
    let facts: MediaFacts
    /// What there is to say of the whole file.
    let end: Wholeness

    var description: String { name }

    var bytes: [UInt8] {
        FileOnDisk.bytes("\(FileOnDisk.repository)/Tests/Fixtures/media/\(name)") ?? []
    }

    /// A hundred places to cut it at, the last bytes among them.
    var cuts: [Int] {
        let count = bytes.count
        return Array(Set((0..<84).map { $0 * count / 84 } + (1...16).map { count - $0 })).sorted()
    }

    private init(
        _ name: String, _ kind: Output.Kind, _ type: String, _ size: (Int, Int)? = nil,
        _ duration: Double? = nil, _ end: Wholeness = .whole
    ) {
        self.name = name
        self.end = end
        facts = MediaFacts(
            kind: kind, mediaType: type, fileExtension: String(name.split(separator: ".")[1]),
            width: size?.0, height: size?.1, duration: duration)
    }

    static let all = pictures + films + sounds

    private static let pictures = [
        Self("still.png", .image, "image/png", (40, 24)),
        Self("animated.png", .image, "image/png", (16, 8)),
        Self("still.jpg", .image, "image/jpeg", (40, 24)),
        Self("progressive.jpg", .image, "image/jpeg", (40, 24)),
        Self("still.jls", .image, "image/jls", (40, 24)),
        Self("still.gif", .image, "image/gif", (40, 24)),
        Self("still.webp", .image, "image/webp", (40, 24)),
        Self("lossless.webp", .image, "image/webp", (40, 24)),
        Self("still.bmp", .image, "image/bmp", (40, 24), nil, .unknown),
        Self("deflate.tiff", .image, "image/tiff", (40, 24), nil, .unknown),
        Self("plain.tiff", .image, "image/tiff", (40, 24), nil, .unknown),
        Self("still.avif", .image, "image/avif", (40, 24), nil, .unknown),
        Self("turned.avif", .image, "image/avif", (24, 40), nil, .unknown),
        Self("cropped.avif", .image, "image/avif", (20, 12), nil, .unknown),
        Self("still.heic", .image, "image/heic", (64, 64), nil, .unknown),
        Self("bare.jxl", .image, "image/jxl", nil, nil, .unknown),
        Self("boxed.jxl", .image, "image/jxl", nil, nil, .unknown),
        Self("packed.jxl", .image, "image/jxl", nil, nil, .unknown),
        Self("still.jp2", .image, "image/jp2", nil, nil, .unknown),
        Self("still.exr", .image, "image/x-exr", nil, nil, .unknown),
        Self("still.psd", .image, "image/vnd.adobe.photoshop", nil, nil, .unknown),
        Self("still.ico", .image, "image/vnd.microsoft.icon", nil, nil, .unknown),
        Self("still.dds", .image, "image/vnd-ms.dds", nil, nil, .unknown),
        Self("still.ppm", .image, "image/x-portable-pixmap", (16, 8), nil, .unknown),
        Self("plain.pbm", .image, "image/x-portable-bitmap", (8, 8), nil, .unknown),
    ]

    private static let films = [
        Self("film.mp4", .video, "video/mp4", (48, 32), 1),
        Self("faststart.mp4", .video, "video/mp4", (48, 32), 1),
        Self("fragments.mp4", .video, "video/mp4", (48, 32), 1),
        Self("dash.mp4", .video, "video/mp4", (48, 32), 1, .unknown),
        Self("film.mov", .video, "video/quicktime", (48, 32), 1),
        Self("film.webm", .video, "video/webm", (48, 32), 1),
        Self("live.webm", .video, "video/webm", (48, 32), nil, .unknown),
        Self("film.mkv", .video, "video/x-matroska", (48, 32), 1),
        Self("film.avi", .video, "video/x-msvideo", (48, 32), 1, .unknown),
        Self("film.mpg", .video, "video/mpeg", nil, nil, .unknown),
        Self("film.ts", .video, "video/mp2t", nil, nil, .unknown),
        Self("film.flv", .video, "video/x-flv", nil, nil, .unknown),
        Self("film.wmv", .video, "video/x-ms-wmv", nil, nil, .unknown),
        Self("film.ogv", .video, "video/ogg"),
    ]

    private static let sounds = [
        Self("sound.wav", .audio, "audio/wav", nil, 0.1),
        Self("rf64.wav", .audio, "audio/wav", nil, 0.1, .unknown),
        Self("streamed.wav", .audio, "audio/wav", nil, 0.1, .unknown),
        Self("sound.aiff", .audio, "audio/aiff", nil, 0.1, .unknown),
        Self("sound.caf", .audio, "audio/x-caf", nil, nil, .unknown),
        Self("sound.mp3", .audio, "audio/mpeg", nil, 0.648),
        Self("bare.mp3", .audio, "audio/mpeg", nil, 0.648, .unknown),
        Self("sound.mp2", .audio, "audio/mpeg", nil, 0.504, .unknown),
        Self("sound.aac", .audio, "audio/aac", nil, 0.64, .unknown),
        Self("tagged.aac", .audio, "audio/aac", nil, 0.64, .unknown),
        Self("sound.m4a", .audio, "audio/mp4", nil, 0.5),
        Self("vorbis.ogg", .audio, "audio/ogg", nil, 0.5),
        Self("opus.ogg", .audio, "audio/ogg", nil, 0.5),
        Self("sound.flac", .audio, "audio/flac", nil, 0.5),
        Self("ffmpeg.flac", .audio, "audio/flac", nil, 0.5),
        Self("tagged.flac", .audio, "audio/flac", nil, 0.5),
    ]
}
