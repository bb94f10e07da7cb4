package import System

/// Why there is no gallery.
package enum GalleryError: Error, Equatable {
    /// The directory is something else.
    case notAGallery(String)
    case insideOutputs(String)
    /// Another jobctl writes there.
    case busy(String)
    case cannot(String, path: String, SystemError)

    static func doing<Value>(
        _ what: String, _ path: @autoclosure () -> String,
        _ body: @autoclosure () throws(SystemError) -> Value
    ) throws(GalleryError) -> Value {
        do throws(SystemError) { return try body() } catch { throw .cannot(what, path: path(), error) }
    }
}
