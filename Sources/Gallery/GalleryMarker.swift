internal import JSON

/// The file that makes a directory a gallery. It lists what the gallery has made: nothing else is ever
/// removed.
struct GalleryMarker: Equatable {
    static let name = ".jobd-gallery"

    /// Below the directory: `files/…`, `thumbnails/…`.
    var names: Set<String> = []
    /// Thumbnails that cannot be made, so that they are not tried again.
    var declined: Set<String> = []

    init() {}

    /// Nil if this is no marker. Names that the gallery cannot have made are ignored.
    init?(_ bytes: [UInt8]) {
        guard let document = try? JSON(parsing: bytes), document["jobd_gallery"]?.integer == 1 else {
            return nil
        }
        func read(_ key: String) -> Set<String> {
            Set((document[key]?.array ?? []).compactMap(\.string).filter(Self.isOurs))
        }
        names = read("names")
        declined = read("declined")
    }

    var text: String {
        JSON.object([
            "jobd_gallery": .integer(1), "names": .array(names.sorted().map(JSON.string)),
            "declined": .array(declined.sorted().map(JSON.string)),
        ]).text + "\n"
    }

    /// One of our folders, and a plain name in it that cannot lead elsewhere.
    private static func isOurs(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, GalleryFolder.folders.contains(String(Substring(parts[0]))) else {
            return false
        }
        return parts[1].first.map { (0x30...0x39).contains($0) } == true
            && parts[1].allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x2E
            }
    }
}
