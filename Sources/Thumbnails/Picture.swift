internal import CPictures

/// Pixels as libwebp has them.
@safe final class Picture {
    /// The limit for reading a picture: a small file can need very much memory.
    static let mostPixels = 100_000_000

    private var pixels: WebPPicture

    private init(_ pixels: WebPPicture) { unsafe self.pixels = pixels }

    deinit { unsafe WebPPictureFree(&pixels) }

    /// A picture whose pixels `body` writes. It is given their address and the number of bytes per line.
    static func filled(
        _ width: Int, _ height: Int, _ body: (UnsafeMutablePointer<UInt32>, Int) -> Bool
    ) -> Picture? {
        guard width > 0, height > 0, width <= mostPixels / height else { return nil }
        var pixels = unsafe WebPPicture()
        guard unsafe WebPPictureInit(&pixels) != 0 else { return nil }
        unsafe pixels.use_argb = 1
        unsafe pixels.width = Int32(width)
        unsafe pixels.height = Int32(height)
        guard unsafe WebPPictureAlloc(&pixels) != 0 else { return nil }
        let picture = unsafe Picture(pixels)
        guard let start = unsafe pixels.argb, unsafe body(start, Int(pixels.argb_stride) * 4) else {
            return nil
        }
        return picture
    }

    /// The size that fits into a square, at least one pixel each way; nil if the picture fits already.
    static func fitting(_ width: Int, _ height: Int, into side: Int) -> (width: Int, height: Int)? {
        let longest = max(width, height)
        guard longest > side, width > 0, height > 0 else { return nil }
        func scaled(_ length: Int) -> Int { max(1, (length * side + longest / 2) / longest) }
        return (scaled(width), scaled(height))
    }

    /// The picture scaled to fit into a square, as WebP.
    func thumbnail(side: Int) -> [UInt8]? {
        if let size = unsafe Self.fitting(Int(pixels.width), Int(pixels.height), into: side) {
            guard unsafe WebPPictureRescale(&pixels, Int32(size.width), Int32(size.height)) != 0 else {
                return nil
            }
        }
        var settings = WebPConfig()
        guard unsafe WebPConfigInit(&settings) != 0 else { return nil }
        settings.quality = 80
        settings.method = 3
        var writer = unsafe WebPMemoryWriter()
        unsafe WebPMemoryWriterInit(&writer)
        defer { unsafe WebPMemoryWriterClear(&writer) }
        return unsafe withUnsafeMutablePointer(to: &writer) { writer in
            unsafe pixels.writer = WebPMemoryWrite
            unsafe pixels.custom_ptr = UnsafeMutableRawPointer(writer)
            guard unsafe WebPEncode(&settings, &pixels) != 0 else { return nil }
            return unsafe Array(UnsafeBufferPointer(start: writer.pointee.mem, count: writer.pointee.size))
        }
    }
}
