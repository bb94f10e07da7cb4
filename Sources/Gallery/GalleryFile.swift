internal import JSON
internal import JobModel

/// One file of a job, and its names in the gallery.
package struct GalleryFile: Sendable {
    package let jobID: Int64
    package let position: Int64
    package let kind: String
    /// Its absolute path, or its name in object storage.
    package let source: String
    package let bytes: Int64
    package let mediaType: String
    package var width: Int64?
    package var height: Int64?
    package var seconds: Double?
    /// Whether a person has picked it.
    package var isPicked = false
    /// The common part of its names, made of job, position and content, so that a name never changes its
    /// meaning.
    let stem: String
    private let fileExtension: String
    var hasThumbnail = false
    /// The file is in object storage, so that a link cannot lead to it.
    package var isElsewhere = false

    package init(
        jobID: Int64, position: Int64, kind: String, source: String, bytes: Int64, mediaType: String,
        sha256: String
    ) {
        (self.jobID, self.position, self.kind, self.source) = (jobID, position, kind, source)
        (self.bytes, self.mediaType) = (bytes, mediaType)
        stem = "\(JobFileName.digits(of: jobID))-\(position)-\(sha256.prefix(8))"
        fileExtension = Self.fileExtension(of: source)
    }

    /// The file's extension with its dot, if it is plain: web servers derive the type from it.
    private static func fileExtension(of path: String) -> String {
        let name = path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...]
        guard let dot = name.lastIndex(of: ".") else { return "" }
        let text = name[dot...].dropFirst().lowercased()
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
        return isPlain && (1...8).contains(text.utf8.count) ? "." + text : ""
    }

    var name: String { "files/\(stem)\(fileExtension)" }
    var thumbnailName: String { "thumbnails/\(stem).webp" }

    /// Whether a thumbnail is useful: jobthumb reads the format, and the picture is not small itself.
    var wantsThumbnail: Bool {
        guard ["image/jpeg", "image/png", "image/webp"].contains(mediaType) else { return false }
        guard let width, let height else { return true }
        return max(width, height) > 512
    }

    var json: JSON {
        var members: JSONObject = [
            "n": .integer(position), "k": .string(kind), "u": .string(name), "b": .integer(bytes),
            "t": .string(mediaType), "path": .string(source),
        ]
        if hasThumbnail { members["th"] = .string(thumbnailName) }
        members["w"] = width.map { .integer($0) }
        members["h"] = height.map { .integer($0) }
        members["d"] = seconds.map(JSON.double)
        if isPicked { members["pick"] = .bool(true) }
        return .object(members)
    }
}
