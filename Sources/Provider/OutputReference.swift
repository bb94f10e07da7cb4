internal import HTTP
internal import JSON
package import JobModel

/// One output that an answer names.
package struct OutputReference: Equatable, Sendable {
    /// In ASCII: without blanks around it, and percent-encoded where needed.
    package var url: String
    /// As the answer's own keys call it. In the end, the content decides.
    package var kind: Output.Kind

    package init(url: String, kind: Output.Kind) {
        self.url = url
        self.kind = kind
    }

    /// More than any model makes, and a limit on what one answer can make us fetch. An answer that names
    /// more is not believed.
    static let most = 10_000

    /// How much is kept of a text that is not a web address: enough for people to see what it was.
    static let mostOfNoAddress = 2_000

    /// Every output in an `output`, whatever its shape: text, array, object, or any of them inside another.
    ///
    /// If there is at least one web address, other texts in the place of one are outputs too. They cannot be
    /// fetched, but without them the job must not count as complete.
    static func all(in output: JSON) -> [OutputReference] {
        var found: [OutputReference] = []
        var seen: Set<String> = []
        collect(output, .file, isPlaceOfURL: true, &found, &seen)
        return found.contains { isWeb($0.url) } ? found : []
    }

    private static func collect(
        _ value: JSON, _ kind: Output.Kind, isPlaceOfURL: Bool, _ found: inout [OutputReference],
        _ seen: inout Set<String>
    ) {
        switch value {
        case .null, .bool, .number: break
        case .string(let text):
            guard let url = url(text, isPlaceOfURL: isPlaceOfURL), seen.insert(url).inserted else { return }
            found.append(OutputReference(url: url, kind: kind))
        case .array(let elements):
            for element in elements {
                collect(element, kind, isPlaceOfURL: isPlaceOfURL, &found, &seen)
            }
        case .object(let object):
            // If there is a `url`, other texts only describe the file, or name a preview of it.
            let isFile = object["url"]?.string.map { url($0, isPlaceOfURL: true) != nil } ?? false
            for member in object.members {
                let named = Output.Kind(key: member.key)
                if isFile, member.key != "url", named == nil, member.value.string != nil { continue }
                collect(
                    member.value, named ?? kind, isPlaceOfURL: named != nil || member.key == "url", &found,
                    &seen)
            }
        }
    }

    /// The output that a text names; nil if it names none.
    private static func url(_ text: String, isPlaceOfURL: Bool) -> String? {
        let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        var bytes = Array(text.utf8).drop(while: isBlank)
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        guard !isWeb(String(decoding: bytes.prefix(8), as: UTF8.self)) else { return escaped(bytes) }
        return isPlaceOfURL && !bytes.isEmpty ? escaped(bytes.prefix(mostOfNoAddress)) : nil
    }

    private static func isWeb(_ text: String) -> Bool {
        let start = text.utf8.prefix(8).map(\.asciiLowercase)
        return start.starts(with: "https://".utf8) || start.starts(with: "http://".utf8)
    }

    private static func escaped(_ bytes: ArraySlice<UInt8>) -> String {
        String(percentEncoding: bytes, unless: { (0x21..<0x7F).contains($0) })
    }
}

extension Output.Kind {
    /// The kind that a documented key names.
    fileprivate init?(key: String) {
        switch key.lowercased() {
        case "image", "images": self = .image
        case "video", "videos": self = .video
        case "audio", "audios": self = .audio
        default: return nil
        }
    }
}
