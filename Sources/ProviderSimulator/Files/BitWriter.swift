/// Writes the bit strings of an H.264 stream.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var pending: UInt8 = 0
    private var count = 0

    mutating func bits(_ value: UInt32, _ width: Int) {
        for shift in stride(from: width - 1, through: 0, by: -1) {
            pending = pending << 1 | UInt8(value >> UInt32(shift) & 1)
            count += 1
            if count == 8 {
                bytes.append(pending)
                count = 0
            }
        }
    }

    /// An unsigned number in the Exp-Golomb code.
    mutating func number(_ value: Int) {
        let code = UInt32(value + 1)
        let width = 32 - code.leadingZeroBitCount
        bits(0, width - 1)
        bits(code, width)
    }

    mutating func alignWithZeros() {
        if count > 0 { bits(0, 8 - count) }
    }

    /// Whole bytes; the position must be aligned.
    mutating func append(_ more: [UInt8]) { bytes += more }

    /// Ends the payload: a one, then zeros up to the next byte.
    mutating func end() {
        bits(1, 1)
        alignWithZeros()
    }
}
