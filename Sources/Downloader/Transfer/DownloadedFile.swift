/// An output that is whole.
package struct DownloadedFile: Equatable, Sendable {
    /// Relative to `output_dir`.
    package var path: String
    package var bytes: Int64
    package var sha256: String
    package var facts: MediaFacts
    /// Why one could doubt that it is whole: no length was told, and its own end does not show.
    package var doubt: String?
}
