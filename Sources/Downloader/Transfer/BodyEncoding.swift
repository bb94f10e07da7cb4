internal import HTTP

/// What an answer calls its body's encoding. None was asked for, and servers are wrong about it.
struct BodyEncoding {
    private var words: String?

    init() {}

    init(_ answer: HTTPResponse) {
        words = answer.isEncoded ? answer.headers["content-encoding"]?.lowercased() : nil
    }

    /// Whether the file is as it says: the bytes are no file that is known, and begin as that encoding does.
    func isSeen(in file: FileBytes) -> Bool {
        guard let words, !MediaProbe.isKnown(file) else { return false }
        return switch words {
        case "gzip", "x-gzip": file.head(2).elementsEqual([0x1F, 0x8B])
        case "zstd": file.head(4).elementsEqual([0x28, 0xB5, 0x2F, 0xFD])
        // The others have no beginning of their own.
        default: true
        }
    }
}
