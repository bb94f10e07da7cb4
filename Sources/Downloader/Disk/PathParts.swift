/// A relative path, taken apart at its last slash.
struct PathParts {
    /// Empty where there is none.
    let directory: String
    let name: String

    init(_ path: String) {
        // Byte by byte, as the kernel reads it.
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            directory = ""
            name = path
            return
        }
        directory = String(path[..<slash])
        name = String(path[path.utf8.index(after: slash)...])
    }
}
