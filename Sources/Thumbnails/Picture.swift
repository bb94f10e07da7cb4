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

    /// The picture scaled to fit, in the format that is wanted.
    func encoded(for goal: SmallPicture) -> [UInt8]? {
        if unsafe max(pixels.width, pixels.height) > goal.side,
            let size = unsafe goal.size(of: Int(pixels.width), Int(pixels.height)),
            unsafe WebPPictureRescale(&pixels, Int32(size.width), Int32(size.height)) == 0
        {
            return nil
        }
        return goal == .thumbnail ? webP() : png()
    }

    private func webP() -> [UInt8]? {
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

    private func png() -> [UInt8]? {
        var image = unsafe png_image()
        unsafe image.version = png_uint_32(PNG_IMAGE_VERSION)
        unsafe image.width = png_uint_32(pixels.width)
        unsafe image.height = png_uint_32(pixels.height)
        unsafe image.format = cpictures_png_pixel
        // The largest that a PNG of this size can be.
        let pixelCount = unsafe Int(pixels.width) * Int(pixels.height)
        var bytes = unsafe [UInt8](repeating: 0, count: pixelCount * 5 + Int(pixels.height) + 4096)
        var count = png_alloc_size_t(bytes.count)
        let stride = unsafe pixels.argb_stride * 4
        guard unsafe png_image_write_to_memory(&image, &bytes, &count, 0, pixels.argb, stride, nil) != 0
        else { return nil }
        return Array(bytes.prefix(Int(count)))
    }
}

/// What is made of a picture.
enum SmallPicture {
    /// WebP, for the page of a gallery. A picture that is small already needs none.
    case thumbnail
    /// PNG, for a terminal. It is also made of a small picture, whatever the picture's own format.
    case preview

    /// The longest side, in pixels.
    var side: Int { 512 }

    /// The size that fits into a square, at least one pixel each way; nil if no small picture is wanted.
    func size(of width: Int, _ height: Int) -> (width: Int, height: Int)? {
        let longest = max(width, height)
        guard width > 0, height > 0 else { return nil }
        if longest <= side { return self == .thumbnail ? nil : (width, height) }
        func scaled(_ length: Int) -> Int { max(1, (length * side + longest / 2) / longest) }
        return (scaled(width), scaled(height))
    }
}
