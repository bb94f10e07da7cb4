internal import CCrypto

/// A running SHA-256 by libcrypto.
@safe package struct SHA256: ~Copyable {
    private let context: OpaquePointer

    package init() {
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory for a digest") }
        unsafe self.context = context
        reset()
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    package func reset() {
        Self.check(unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil))
    }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        Self.check(unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count))
    }

    /// The digest of everything so far. More may follow.
    package func bytes() -> [UInt8] {
        let copy = SHA256()
        Self.check(unsafe EVP_MD_CTX_copy_ex(copy.context, context))
        var digest = [UInt8](repeating: 0, count: 32)
        Self.check(unsafe EVP_DigestFinal_ex(copy.context, &digest, nil))
        return digest
    }

    /// The same in lower-case hexadecimal.
    package func hexadecimal() -> String { Self.hexadecimal(bytes()) }

    /// Bytes, such as those of a digest, in lower-case hexadecimal.
    package static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return unsafe String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            for (index, byte) in bytes.enumerated() {
                unsafe text[2 * index] = digits[Int(byte >> 4)]
                unsafe text[2 * index + 1] = digits[Int(byte & 15)]
            }
            return 2 * bytes.count
        }
    }

    /// The keyed hash of a text (HMAC, RFC 2104): who does not know the key cannot compute it.
    package static func keyed(_ key: [UInt8], _ text: String) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        let text = Array(text.utf8)
        let made = unsafe HMAC(EVP_sha256(), key, Int32(key.count), text, text.count, &digest, nil)
        check(unsafe made == nil ? 0 : 1)
        return digest
    }

    package init(_ bytes: [UInt8]) {
        self.init()
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    package static func hexadecimal(of bytes: [UInt8]) -> String { SHA256(bytes).hexadecimal() }

    /// libcrypto's SHA-256 fails only when memory runs out.
    private static func check(_ result: Int32) {
        precondition(result == 1, "libcrypto cannot compute a digest")
    }
}
