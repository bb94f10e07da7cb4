/// Puts an H.264 stream into an MP4, its index first, so that it plays while it is still being fetched.
enum VideoFile {
    static func mp4(_ stream: VideoStream) -> [UInt8] {
        let type = box("ftyp", Array("isom".utf8) + number(512) + Array("isomiso2avc1mp41".utf8))
        // The index holds the place of the samples, and its size does not depend on what that place is.
        let indexSize = index(stream, samplesAt: 0).count
        let index = index(stream, samplesAt: type.count + indexSize + 8)
        return type + index + box("mdat", stream.frames.flatMap(\.bytes))
    }

    private static func index(_ stream: VideoStream, samplesAt offset: Int) -> [UInt8] {
        let ticks = stream.frames.count
        let rate = VideoStream.framesPerSecond
        let movie = box(
            "mvhd",
            number(0) + number(0) + number(0) + number(rate) + number(ticks) + number(0x10000) + [1, 0]
                + zeros(10) + matrix + zeros(24) + number(2))
        let header = box(
            "tkhd",
            number(3) + number(0) + number(0) + number(1) + number(0) + number(ticks) + zeros(16) + matrix
                + number(stream.width << 16) + number(stream.height << 16))
        let media = box(
            "mdhd", number(0) + number(0) + number(0) + number(rate) + number(ticks) + [0x55, 0xC4, 0, 0])
        let handler = box(
            "hdlr", number(0) + number(0) + Array("vide".utf8) + zeros(12) + Array("video\0".utf8))
        let place = box("dinf", box("dref", number(0) + number(1) + box("url ", number(1))))
        let information = box(
            "minf", box("vmhd", number(1) + zeros(8)) + place + box("stbl", table(stream, samplesAt: offset)))
        return box("moov", movie + box("trak", header + box("mdia", media + handler + information)))
    }

    /// One sample a picture, all in one chunk.
    private static func table(_ stream: VideoStream, samplesAt offset: Int) -> [UInt8] {
        let frames = stream.frames
        let keys = frames.indices.filter { frames[$0].isKey }.map { $0 + 1 }
        return box("stsd", number(0) + number(1) + sampleDescription(stream))
            + box("stts", number(0) + number(1) + number(frames.count) + number(1))
            + box("stss", number(0) + number(keys.count) + keys.flatMap(number))
            + box("stsc", number(0) + number(1) + number(1) + number(frames.count) + number(1))
            + box(
                "stsz",
                number(0) + number(0) + number(frames.count) + frames.flatMap { number($0.bytes.count) })
            + box("stco", number(0) + number(1) + number(offset))
    }

    private static func sampleDescription(_ stream: VideoStream) -> [UInt8] {
        let sequence = stream.sequenceParameters
        let picture = stream.pictureParameters
        let decoder =
            [1, 66, 0xC0, 30, 0xFF, 0xE1] + short(sequence.count) + sequence + [1] + short(picture.count)
            + picture
        // 72 dots an inch, one frame a sample, no name, 24 bits of colour.
        return box(
            "avc1",
            zeros(6) + short(1) + zeros(16) + short(stream.width) + short(stream.height) + number(0x48_0000)
                + number(0x48_0000) + zeros(4) + short(1) + zeros(32) + short(24) + [0xFF, 0xFF]
                + box("avcC", decoder))
    }

    private static var matrix: [UInt8] {
        number(0x10000) + zeros(12) + number(0x10000) + zeros(12) + number(0x4000_0000)
    }

    private static func box(_ name: String, _ content: [UInt8]) -> [UInt8] {
        number(content.count + 8) + Array(name.utf8) + content
    }

    private static func number(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(UInt32(value))
        return bytes
    }

    private static func short(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(UInt16(value))
        return bytes
    }

    private static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }
}
