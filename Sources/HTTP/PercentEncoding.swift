extension String {
    /// The bytes as part of a URL: those that are not plain become `%XX`.
    package init(percentEncoding bytes: some Collection<UInt8>, unless isPlain: (UInt8) -> Bool) {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
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
