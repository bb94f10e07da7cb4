/// Keeps the files drawn last, so that ranges and repeated downloads do not draw them again.
struct FileShelf {
    private let capacity = 64 << 20
    private var files: [String: [UInt8]] = [:]
    private var order: [String] = []
    private var bytes = 0

    subscript(name: String) -> [UInt8]? { files[name] }

    mutating func put(_ file: [UInt8], as name: String) {
        guard files.updateValue(file, forKey: name) == nil else { return }
        order.append(name)
        bytes += file.count
        while bytes > capacity, order.count > 1 {
            bytes -= files.removeValue(forKey: order.removeFirst())?.count ?? 0
        }
    }
}
