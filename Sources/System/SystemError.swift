internal import Glibc

/// The error of a system call.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    package let code: Int32
    /// A link stands where `Directory` was to find a directory or a file.
    package let isLink: Bool

    package init(_ code: Int32, isLink: Bool = false) { (self.code, self.isLink) = (code, isLink) }

    package static var last: SystemError { SystemError(errno) }

    package var isMissing: Bool { code == ENOENT }
    package var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }

    package var description: String {
        isLink ? "a symbolic link is not followed" : unsafe String(cString: strerror(code))
    }
}
