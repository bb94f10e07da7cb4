internal import Glibc

/// Why a file could not be reached.
package struct FileFault: Error, Equatable, CustomStringConvertible {
    package let code: Int32

    static var last: FileFault { FileFault(code: errno) }

    package var isMissing: Bool { code == ENOENT }
    /// A link stands where a directory or a file should.
    package var isLink: Bool { code == ELOOP || code == ENOTDIR }
    package var isForbidden: Bool { code == EACCES || code == EPERM || code == EROFS }

    package var description: String {
        isLink ? "a symbolic link is not followed" : unsafe String(cString: strerror(code))
    }
}
