/// Codes pictures as H.264, baseline, without any compression of its own.
///
/// The first picture is plain samples (I_PCM macroblocks); each later one has plain samples where it changed
/// and skips the rest. This needs no entropy coder, plays everywhere, and is the same on every machine.
struct VideoStream {
    /// Edge of a macroblock; pictures must be multiples of it.
    static let block = 16
    static let framesPerSecond = 10
    /// A picture that a player can jump to stands at least this often.
    static let keyInterval = 20

    struct Frame {
        var bytes: [UInt8]
        var isKey: Bool
    }

    let width: Int
    let height: Int
    let frames: [Frame]

    init(width: Int, height: Int, seconds: Int, frame: (Double) -> Canvas) {
        self.width = width
        self.height = height
        var frames: [Frame] = []
        var previous: [[UInt8]] = []
        for number in 0..<seconds * Self.framesPerSecond {
            let canvas = frame(Double(number) / Double(Self.framesPerSecond))
            let blocks = Self.blocks(of: canvas)
            let sinceKey = number % Self.keyInterval
            frames.append(
                sinceKey == 0
                    ? Self.keyFrame(blocks, identifier: number / Self.keyInterval % 2)
                    : Self.changes(from: previous, to: blocks, number: sinceKey))
            previous = blocks
        }
        self.frames = frames
    }

    /// Baseline profile, level 3; pictures come in the order in which they are shown.
    var sequenceParameters: [UInt8] {
        var writer = BitWriter()
        writer.append([66, 0xC0, 30])
        // Identifier, 4 bits of frame number, order type 2, one reference, no gaps.
        for value in [0, 0, 2, 1] { writer.number(value) }
        writer.bits(0, 1)
        writer.number(width / Self.block - 1)
        writer.number(height / Self.block - 1)
        // Whole frames, 8x8 inference, no cropping, no further information.
        writer.bits(0b1100, 4)
        writer.end()
        return Self.unit(0x67, writer.bytes)
    }

    var pictureParameters: [UInt8] {
        var writer = BitWriter()
        writer.number(0)
        writer.number(0)
        writer.bits(0b00, 2)
        for _ in 0..<3 { writer.number(0) }
        writer.bits(0b000, 3)
        for _ in 0..<3 { writer.number(0) }
        // The slices say that nothing is to be smoothed.
        writer.bits(0b100, 3)
        writer.end()
        return Self.unit(0x68, writer.bytes)
    }

    private static func keyFrame(_ blocks: [[UInt8]], identifier: Int) -> Frame {
        var writer = BitWriter()
        for value in [0, 7, 0] { writer.number(value) }
        writer.bits(0, 4)
        writer.number(identifier)
        writer.bits(0b00, 2)
        endSliceHeader(&writer)
        for block in blocks { plain(block, type: 25, &writer) }
        writer.end()
        return Frame(bytes: prefixed(unit(0x65, writer.bytes)), isKey: true)
    }

    private static func changes(from old: [[UInt8]], to new: [[UInt8]], number: Int) -> Frame {
        var writer = BitWriter()
        for value in [0, 5, 0] { writer.number(value) }
        writer.bits(UInt32(number % 16), 4)
        writer.bits(0b000, 3)
        endSliceHeader(&writer)
        var skipped = 0
        for (before, after) in zip(old, new) {
            if before == after {
                skipped += 1
            } else {
                writer.number(skipped)
                plain(after, type: 30, &writer)
                skipped = 0
            }
        }
        if skipped > 0 { writer.number(skipped) }
        writer.end()
        return Frame(bytes: prefixed(unit(0x41, writer.bytes)), isKey: false)
    }

    /// The quantiser stays, the deblocking filter is off.
    private static func endSliceHeader(_ writer: inout BitWriter) {
        writer.number(0)
        writer.number(1)
    }

    private static func plain(_ samples: [UInt8], type: Int, _ writer: inout BitWriter) {
        writer.number(type)
        writer.alignWithZeros()
        writer.append(samples)
    }

    /// A header byte and the payload, in which no two zeros may stand before a byte below four.
    private static func unit(_ header: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var unit = [header]
        unit.reserveCapacity(payload.count + 16)
        var zeros = 0
        for byte in payload {
            if zeros == 2, byte <= 3 {
                unit.append(3)
                zeros = 0
            }
            unit.append(byte)
            zeros = byte == 0 ? zeros + 1 : 0
        }
        return unit
    }

    private static func prefixed(_ unit: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(unit.count + 4)
        bytes.appendBigEndian(UInt32(unit.count))
        return bytes + unit
    }

    /// For each macroblock its 256 samples of brightness and 64 of each colour difference.
    private static func blocks(of canvas: Canvas) -> [[UInt8]] {
        let shades = canvas.palette.map(Shade.init)
        var blocks: [[UInt8]] = []
        for top in stride(from: 0, to: canvas.height, by: block) {
            for left in stride(from: 0, to: canvas.width, by: block) {
                var samples: [UInt8] = []
                samples.reserveCapacity(384)
                let shade = { (x: Int, y: Int) in
                    shades[Int(canvas.pixels[(top + y) * canvas.width + left + x])]
                }
                for y in 0..<block { for x in 0..<block { samples.append(shade(x, y).luma) } }
                for y in 0..<8 { for x in 0..<8 { samples.append(shade(2 * x, 2 * y).blue) } }
                for y in 0..<8 { for x in 0..<8 { samples.append(shade(2 * x, 2 * y).red) } }
                blocks.append(samples)
            }
        }
        return blocks
    }

    /// A colour in the terms of television (BT.601).
    private struct Shade {
        let luma: UInt8
        let blue: UInt8
        let red: UInt8

        init(_ color: Canvas.Color) {
            let (r, g, b) = (Double(color.red), Double(color.green), Double(color.blue))
            luma = UInt8(16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255)
            blue = UInt8(128 + (-37.797 * r - 74.203 * g + 112 * b) / 255)
            red = UInt8(128 + (112 * r - 93.786 * g - 18.214 * b) / 255)
        }
    }
}
