internal import JSON

/// One output that an answer names.
package struct OutputReference: Equatable, Sendable {
    /// What the answer's own keys call it. The content decides in the end.
    package enum Kind: String, Sendable {
        case image, video, audio, file
    }

    package var url: String
    package var kind: Kind

    package init(url: String, kind: Kind) {
        self.url = url
        self.kind = kind
    }

    /// More than any model makes, and a bound on what one answer can make us fetch.
    static let most = 10_000

    /// Every URL in an `output`, whatever its shape: text, array, object, or any of them inside another.
    static func all(in output: JSON) -> [OutputReference] {
        var found: [OutputReference] = []
        var seen: Set<String> = []
        collect(output, .file, &found, &seen)
        return found
    }

    private static func collect(
        _ value: JSON, _ kind: Kind, _ found: inout [OutputReference], _ seen: inout Set<String>
    ) {
        switch value {
        case .null, .bool, .number: break
        case .string(let text):
            guard found.count < most, isURL(text), seen.insert(text).inserted else { return }
            found.append(OutputReference(url: text, kind: kind))
        case .array(let elements):
            for element in elements { collect(element, kind, &found, &seen) }
        case .object(let object):
            // Where a `url` says which file is meant, other texts describe it, such as a preview of it.
            let isFile = object["url"]?.string.map(isURL) ?? false
            for member in object.members {
                let named = Kind(key: member.key)
                if isFile, member.key != "url", named == nil, member.value.string != nil { continue }
                collect(member.value, named ?? kind, &found, &seen)
            }
        }
    }

    private static func isURL(_ text: String) -> Bool {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        return (scheme == "https" || scheme == "http") && text.dropFirst(scheme.count).hasPrefix("://")
            && !text.utf8.contains { $0 <= 0x20 || $0 == 0x7F }
    }
}

extension OutputReference.Kind {
    /// The kind that one of the documented keys stands for.
    fileprivate init?(key: String) {
        switch key.lowercased() {
        case "image", "images": self = .image
        case "video", "videos": self = .video
        case "audio", "audios": self = .audio
        default: return nil
        }
    }
}
