extension String {
    /// The bytes as part of a URL: those that are not plain become `%XX`.
    package init(percentEncoding bytes: some Collection<UInt8>, unless isPlain: (UInt8) -> Bool) {
        // An array is read much faster than a collection of which the compiler knows nothing here.
        let bytes = Array(bytes)
        if bytes.allSatisfy(isPlain) {
            self.init(decoding: bytes, as: UTF8.self)
            return
        }
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            if isPlain(byte) {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        self.init(decoding: result, as: UTF8.self)
    }
}
