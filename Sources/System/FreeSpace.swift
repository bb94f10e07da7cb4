internal import Glibc

/// The space that an ordinary user could still fill; nil where the file system cannot say.
package enum FreeSpace {
    package static func bytes(at path: String) -> Int64? {
        var status = statvfs()
        return unsafe statvfs(path, &status) == 0 ? bytes(status) : nil
    }

    package static func bytes(beside file: FileDescriptor) -> Int64? {
        var status = statvfs()
        return unsafe fstatvfs(file.number, &status) == 0 ? bytes(status) : nil
    }

    private static func bytes(_ status: statvfs) -> Int64 {
        let (bytes, isTooLarge) = Int64(clamping: status.f_bavail)
            .multipliedReportingOverflow(by: Int64(clamping: status.f_frsize))
        return isTooLarge ? .max : bytes
    }
}
