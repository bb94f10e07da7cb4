package import JobModel

/// What is known about a file before it is read. It counts only if the content itself says nothing.
package struct ContentHint: Sendable {
    /// What the job's answer called it. With `file` anything is expected, text and JSON included.
    package var kind: Output.Kind
    /// The server's `Content-Type`, unchanged.
    package var declaredType: String?
    package var url: String

    package init(kind: Output.Kind, declaredType: String?, url: String) {
        self.kind = kind
        self.declaredType = declaredType
        self.url = url
    }

    /// The declared type without its parameters; nil if it says nothing.
    var mediaType: String? {
        guard let declaredType else { return nil }
        let name = declaredType.prefix { $0 != ";" && $0 != "," }.filter { $0 != " " && $0 != "\t" }
            .lowercased()
        let isToken = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isToken, name.count <= 100, name.split(separator: "/").count == 2 else { return nil }
        return name == "application/octet-stream" || name == "binary/octet-stream" ? nil : name
    }

    /// An extension for content that does not determine one.
    var fileExtension: String? {
        mediaType.flatMap { Self.extensions[$0] } ?? urlExtension
    }

    /// The extension in the path of the URL, unless browsers run such files.
    private var urlExtension: String? {
        let path = url.prefix { $0 != "?" && $0 != "#" }
        guard let name = path.split(separator: "/").last, let dot = name.lastIndex(of: ".") else {
            return nil
        }
        let text = name[name.index(after: dot)...].lowercased()
        guard !Self.active.contains(text), (1...8).contains(text.utf8.count) else { return nil }
        let isPlain = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        // In `https://host.tld` the last part is the host.
        return isPlain && path.split(separator: "/").count > 2 ? text : nil
    }

    private static let active: Set<String> = [
        "html", "htm", "xhtml", "xht", "shtml", "svg", "js", "mjs", "php",
    ]

    private static let extensions = [
        "application/gzip": "gz", "application/json": "json", "application/pdf": "pdf",
        "application/x-tar": "tar", "application/zip": "zip", "audio/aac": "aac", "audio/flac": "flac",
        "audio/mp4": "m4a", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/wav": "wav",
        "audio/webm": "webm", "audio/x-wav": "wav", "image/jxl": "jxl", "image/x-exr": "exr",
        "model/gltf+json": "gltf", "model/gltf-binary": "glb", "model/obj": "obj", "model/stl": "stl",
        "text/csv": "csv", "text/plain": "txt", "text/vtt": "vtt", "video/mp2t": "ts",
    ]
}
