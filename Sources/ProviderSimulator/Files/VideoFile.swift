/// Two colours that turn, `Fixtures/video.mp4`, as long and as wide as asked for.
///
/// It was made as a square of 256 pixels, with its index before its samples, by ffmpeg:
/// `-f lavfi -i gradients=s=256x256:c0=0x5b5bd6:c1=0xf2a65a:n=2:x0=0:y0=0:x1=255:y1=255:speed=0.03:r=24:d=2`
/// `-vf setsar=0 -c:v libx264 -profile:v baseline -preset veryslow -crf 34 -bf 0 -g 24`
/// `-bsf:v filter_units=remove_types=6 -movie_timescale 720720 -video_track_timescale 720720`
/// `-moov_size 1062 -fflags +bitexact -flags +bitexact`
enum VideoFile {
    /// How long it is, in ticks of both its clocks. Most lengths give a whole number of ticks a second.
    private static let ticks = 2 * 720_720
    /// The size of the `free` box behind the index.
    private static let longestMark = 64

    /// Slower or faster clocks make it `seconds` long; the header of its track says how wide it is shown.
    static func mp4(width: Int, height: Int, seconds: Int, mark: String) -> [UInt8] {
        var file = PackageResources.video_mp4
        file.set(ticks / seconds, at: 16, behind: "mvhd")
        file.set(ticks / seconds, at: 16, behind: "mdhd")
        file.set(width << 16, at: 80, behind: "tkhd")
        file.set(height << 16, at: 84, behind: "tkhd")
        if let box = file.firstRange(of: "free".utf8) {
            let words = Array(mark.utf8.prefix(longestMark))
            file.replaceSubrange(box.upperBound..<box.upperBound + words.count, with: words)
        }
        return file
    }
}

extension [UInt8] {
    /// Writes a number of 32 bits, `offset` bytes after the beginning of a box's name.
    fileprivate mutating func set(_ number: Int, at offset: Int, behind name: String) {
        guard let box = firstRange(of: Array(name.utf8)) else { return }
        var bytes: [UInt8] = []
        bytes.appendBigEndian(UInt32(number))
        let start = box.lowerBound + offset
        replaceSubrange(start..<start + 4, with: bytes)
    }
}
