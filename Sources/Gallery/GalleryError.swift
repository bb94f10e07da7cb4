internal import Glibc

/// Why there is no gallery.
package enum GalleryError: Error, Equatable {
    /// The directory is something else.
    case notAGallery(String)
    case insideOutputs(String)
    /// Another jobctl writes there.
    case busy(String)
    case cannot(String, path: String, code: Int32)

    static func last(_ what: String, _ path: String) -> GalleryError {
        .cannot(what, path: path, code: errno)
    }
}
