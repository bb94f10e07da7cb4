/// Recognizes an answer by its status and its body, without keeping either. The hash has a key of its own in
/// each process, so nobody can make two bodies that look the same.
package struct AnswerDigest: Equatable, Sendable {
    private let hash: Int
    private let length: Int32
    private let status: Int16

    init(status: Int, body: [UInt8]) {
        var hasher = Hasher()
        unsafe body.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        hash = hasher.finalize()
        length = Int32(clamping: body.count)
        self.status = Int16(clamping: status)
    }
}
