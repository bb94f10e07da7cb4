package import JobModel

/// What a file says about itself.
package struct MediaFacts: Equatable, Sendable {
    package var kind: Output.Kind
    package var mediaType: String
    /// Without the dot. It follows the content: a PNG that a server calls `.jpg` is a `png`.
    package var fileExtension: String
    package var width: Int?
    package var height: Int?
    /// In seconds.
    package var duration: Double?

    package init(
        kind: Output.Kind, mediaType: String, fileExtension: String, width: Int? = nil, height: Int? = nil,
        duration: Double? = nil
    ) {
        self.kind = kind
        self.mediaType = mediaType
        self.fileExtension = fileExtension
        self.width = width
        self.height = height
        self.duration = duration
    }
}
