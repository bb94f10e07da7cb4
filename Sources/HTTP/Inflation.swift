internal import CZlib

/// Decodes gzip and deflate, as far as possible.
struct Inflation {
    enum Ending {
        case whole
        /// The input ended before its end.
        case cut
        /// The input has another format, or is damaged.
        case broken
        case tooLong
    }

    private(set) var bytes: [UInt8] = []
    private(set) var ending = Ending.broken

    /// gzip or zlib's format, as the header says.
    static let wrapped: Int32 = 15 + 32
    static let raw: Int32 = -15

    /// - Parameter limit: the most bytes to produce.
    init(_ input: [UInt8], format: Int32, limit: Int) {
        var stream = unsafe z_stream()
        guard unsafe czlib_inflate_init(&stream, format) == Z_OK else { return }
        defer { unsafe inflateEnd(&stream) }
        var input = input
        unsafe input.withUnsafeMutableBufferPointer { source in
            unsafe stream.next_in = source.baseAddress
            unsafe stream.avail_in = UInt32(clamping: source.count)
            ending = unsafe run(&stream, limit)
        }
    }

    private mutating func run(_ stream: inout z_stream, _ limit: Int) -> Ending {
        var room = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let code = unsafe room.withUnsafeMutableBufferPointer { target in
                unsafe stream.next_out = target.baseAddress
                unsafe stream.avail_out = UInt32(target.count)
                return unsafe inflate(&stream, Z_NO_FLUSH)
            }
            bytes += room.prefix(room.count - Int(unsafe stream.avail_out))
            if bytes.count > limit {
                bytes.removeLast(bytes.count - limit)
                return .tooLong
            }
            switch code {
            case Z_OK: continue
            // Another member may follow; anything else is padding.
            case Z_STREAM_END:
                guard unsafe stream.avail_in > 1, unsafe stream.next_in[0] == 0x1F,
                    unsafe stream.next_in[1] == 0x8B, unsafe inflateReset(&stream) == Z_OK
                else { return .whole }
            case Z_BUF_ERROR: return .cut
            default: return .broken
            }
        }
    }
}
