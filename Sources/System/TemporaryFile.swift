internal import Glibc

/// A new file in a new directory that only its owner may enter.
package struct TemporaryFile {
    package let path: String
    /// Open for reading and writing.
    package let file: FileDescriptor
    private let directory: String

    /// - Parameter prefix: how the path of the directory begins.
    package init(_ name: String, directoryPrefix prefix: String) throws(SystemError) {
        directory = try Self.newDirectory(prefix: prefix)
        path = "\(directory)/\(name)"
        do throws(SystemError) {
            file = try FileDescriptor(opening: path, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        } catch {
            unsafe rmdir(directory)
            throw error
        }
    }

    /// Makes a directory that only its owner may enter.
    ///
    /// - Parameter prefix: how its path begins.
    package static func newDirectory(prefix: String) throws(SystemError) -> String {
        var template = Array("\(prefix)-XXXXXX".utf8CString)
        // What it returns points into the array, which need not live longer than the call.
        guard unsafe mkdtemp(&template) != nil else { throw .last }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes file and directory. The open file stays usable.
    package func remove() {
        unsafe unlink(path)
        unsafe rmdir(directory)
    }
}
