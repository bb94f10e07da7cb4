internal import CPictures

/// Readers of each format. Nil if the file is damaged or too large, or if no small picture is wanted.
extension Picture {
    /// A JPEG is scaled while it is decoded, in eighths: a large one costs little more than a small one.
    static func jpeg(_ bytes: [UInt8], for goal: SmallPicture) -> Picture? {
        guard let decoder = unsafe tjInitDecompress() else { return nil }
        defer { unsafe tjDestroy(decoder) }
        var (width, height, sampling, colours): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        guard
            unsafe tjDecompressHeader3(
                decoder, bytes, UInt(bytes.count), &width, &height, &sampling, &colours) == 0,
            goal.size(of: Int(width), Int(height)) != nil, Int(width) <= mostPixels / Int(height)
        else { return nil }
        let longest = Int(max(width, height))
        let eighths = (1...8).first { longest * $0 / 8 >= goal.side } ?? 8
        func scaled(_ length: Int32) -> Int { (Int(length) * eighths + 7) / 8 }
        return unsafe filled(scaled(width), scaled(height)) { pixels, stride in
            unsafe tjDecompress2(
                decoder, bytes, UInt(bytes.count),
                UnsafeMutableRawPointer(pixels).assumingMemoryBound(to: UInt8.self),
                Int32(scaled(width)), Int32(stride), Int32(scaled(height)), cpictures_jpeg_pixel,
                TJFLAG_LIMITSCANS)
                == 0
        }
    }

    static func png(_ bytes: [UInt8], for goal: SmallPicture) -> Picture? {
        var image = unsafe png_image()
        unsafe image.version = png_uint_32(PNG_IMAGE_VERSION)
        defer { unsafe png_image_free(&image) }
        return unsafe bytes.withUnsafeBytes { file in
            guard unsafe png_image_begin_read_from_memory(&image, file.baseAddress, file.count) != 0,
                unsafe goal.size(of: Int(image.width), Int(image.height)) != nil
            else { return nil }
            unsafe image.format = cpictures_png_pixel
            return unsafe filled(Int(image.width), Int(image.height)) { pixels, stride in
                unsafe png_image_finish_read(&image, nil, pixels, Int32(stride), nil) != 0
            }
        }
    }

    /// A WebP is scaled while it is decoded too.
    static func webP(_ bytes: [UInt8], for goal: SmallPicture) -> Picture? {
        var decoder = unsafe WebPDecoderConfig()
        guard unsafe WebPInitDecoderConfig(&decoder) != 0,
            unsafe WebPGetFeatures(bytes, bytes.count, &decoder.input) == VP8_STATUS_OK,
            let size = unsafe goal.size(of: Int(decoder.input.width), Int(decoder.input.height))
        else { return nil }
        unsafe decoder.options.use_scaling = 1
        unsafe decoder.options.scaled_width = Int32(size.width)
        unsafe decoder.options.scaled_height = Int32(size.height)
        return unsafe filled(size.width, size.height) { pixels, stride in
            unsafe decoder.output.colorspace = WEBP_CSP_MODE(UInt32(cpictures_webp_pixel))
            unsafe decoder.output.is_external_memory = 1
            unsafe decoder.output.u.RGBA.rgba = UnsafeMutableRawPointer(pixels).assumingMemoryBound(
                to: UInt8.self)
            unsafe decoder.output.u.RGBA.stride = Int32(stride)
            unsafe decoder.output.u.RGBA.size = stride * size.height
            return unsafe WebPDecode(bytes, bytes.count, &decoder) == VP8_STATUS_OK
        }
    }
}
