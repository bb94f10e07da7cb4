/// A file inside an input, `data:image/png;base64,…`, within the bounds that RunComfy's own nodes keep.
enum DataURI {
    private static let mostBytes = ["image": 6 << 20, "video": 32 << 20, "audio": 32 << 20]

    /// What is wrong with it; nil when nothing is.
    static func fault(in text: String) -> String? {
        let halves = text.utf8.dropFirst(5).split(separator: UInt8(ascii: ","), maxSplits: 1)
        let head = halves.first.map { String(Substring($0)) } ?? ""
        let kind = head.split(separator: "/").first.map(String.init) ?? ""
        guard halves.count == 2, head.hasSuffix(";base64"), let most = mostBytes[kind] else {
            return "must be data:TYPE;base64,DATA of an image, a video or a sound"
        }
        let digits = halves[1]
        let padding = digits.suffix(2).count { $0 == UInt8(ascii: "=") }
        if digits.count % 4 != 0 { return "is not whole base64" }
        let bytes = digits.count / 4 * 3 - padding
        return bytes > most ? "holds \(bytes) bytes; at most \(most) are taken" : nil
    }
}
