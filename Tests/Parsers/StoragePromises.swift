internal import JobModel
internal import ObjectStorage

/// An answer of an object storage; its first line may be the name of an object.
enum StoragePromises {
    static func broken(_ bytes: [UInt8]) -> String? {
        let document = StorageXML(bytes)
        for name in ["Error", "Upload", "Contents", "ListBucketResult"] {
            for block in document.blocks(name) {
                for text in ["Key", "Code", "Message"].compactMap(block.text) where text.isEmpty {
                    return "an empty text"
                }
            }
        }
        let line = String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
        guard let object = ObjectName(line) else { return nil }
        if object.text != line, object.text + "/" != line { return "\(object.text) is not \(line)" }
        return ObjectName(object.text) == object ? nil : "\(object.text) is not read again"
    }
}
