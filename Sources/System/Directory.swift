internal import CLinux
internal import Glibc

/// An open directory. Its entries are reached by name and never through a symbolic link, so that nobody who
/// can write to the directory can make us read, write or remove anything outside of it.
package final class Directory: Sendable {
    package let file: FileDescriptor

    /// The path to the directory itself may contain links: its owner chose it.
    package init(_ path: String) throws(SystemError) {
        file = try FileDescriptor(opening: path, flags: O_DIRECTORY)
    }

    private init(_ file: FileDescriptor) { self.file = file }

    /// The components of a relative path, which must not lead up.
    package static func components(of path: String) throws(SystemError) -> [String] {
        // Split at bytes, as the kernel does: `/` and a combining accent are one Character.
        let components = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        if components.contains("..") { throw SystemError(EINVAL) }
        return components
    }

    /// A path that means the same wherever it is used.
    package static func absolute(_ path: String) throws(SystemError) -> String {
        if path.utf8.first == UInt8(ascii: "/") { return path }
        guard let here = unsafe getcwd(nil, 0) else { throw .last }
        defer { unsafe free(here) }
        return unsafe String(cString: here) + "/" + path
    }

    package func directory(_ name: String) throws(SystemError) -> Directory {
        Directory(try open(name, flags: O_DIRECTORY))
    }

    /// Opens a file, for reading unless the flags say otherwise. A pipe or a device does not block the call.
    package func open(_ name: String, flags: Int32 = 0, mode: UInt32 = 0) throws(SystemError)
        -> FileDescriptor
    {
        let all = flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let number = unsafe openat(file.number, name, all, mode)
        if number < 0, errno == ELOOP || errno == ENOTDIR { throw SystemError(errno, isLink: true) }
        return try FileDescriptor(number)
    }

    /// Creates a file that must not exist yet.
    package func create(_ name: String, mode: UInt32) throws(SystemError) -> FileDescriptor {
        try open(name, flags: O_RDWR | O_CREAT | O_EXCL, mode: mode)
    }

    /// Creates a directory. False if the name is taken.
    package func makeDirectory(_ name: String, mode: UInt32) throws(SystemError) -> Bool {
        if unsafe mkdirat(file.number, name, mode) == 0 { return true }
        if errno != EEXIST { throw .last }
        return false
    }

    package func status(_ name: String) throws(SystemError) -> FileStatus {
        try FileStatus(name, in: file.number, AT_SYMLINK_NOFOLLOW)
    }

    package func holds(_ name: String) -> Bool { (try? status(name)) != nil }

    /// Removes a file. False if there is none.
    @discardableResult
    package func remove(_ name: String) throws(SystemError) -> Bool {
        if unsafe unlinkat(file.number, name, 0) == 0 { return true }
        if errno != ENOENT { throw .last }
        return false
    }

    /// Removes an empty directory. False if that fails.
    package func removeDirectory(_ name: String) -> Bool {
        unsafe unlinkat(file.number, name, AT_REMOVEDIR) == 0
    }

    /// Renames without overwriting. False if the new name is taken.
    package func rename(_ name: String, to newName: String, in other: Directory) throws(SystemError) -> Bool {
        if unsafe linux_rename_to_free_name(file.number, name, other.file.number, newName) == 0 {
            return true
        }
        if errno == EEXIST { return false }
        // Some file systems cannot do that: add the new name, then remove the old one.
        guard errno == EINVAL || errno == ENOSYS else { throw .last }
        if unsafe linkat(file.number, name, other.file.number, newName, 0) != 0 {
            if errno == EEXIST { return false }
            throw .last
        }
        try remove(name)
        return true
    }

    /// Renames, and replaces whatever has the new name.
    package func replace(_ name: String, with temporaryName: String) throws(SystemError) {
        if unsafe renameat(file.number, temporaryName, file.number, name) != 0 { throw .last }
    }

    package func makeLink(_ name: String, to target: String) throws(SystemError) {
        if unsafe symlinkat(target, file.number, name) != 0 { throw .last }
    }

    /// The target of a symbolic link, whose path may be relative to a directory; nil if there is none.
    package static func target(ofLink path: String, in directory: Directory? = nil) -> String? {
        var target = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlinkat(directory?.file.number ?? AT_FDCWD, path, &target, target.count)
        if count < 0 { return nil }
        return String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// All names, in no particular order.
    package func names() throws(SystemError) -> [String] {
        let own = unsafe openat(file.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if own < 0 { throw .last }
        guard let stream = unsafe fdopendir(own) else {
            let error = SystemError.last
            close(own)
            throw error
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Returns once new and changed names are on the disk.
    package func sync() throws(SystemError) { try file.sync() }

    /// The same for a directory of another user, or on a file system that cannot sync directories.
    package func syncIfPossible() throws(SystemError) {
        do { try sync() } catch { if error.isDiskFull || error.code == EIO { throw error } }
    }

    /// Takes the lock on the directory. False if another has it.
    package func takeLock() -> Bool { flock(file.number, LOCK_EX | LOCK_NB) == 0 }

    /// Takes the lock together with others that share it. Waits while somebody has it alone.
    package func shareLock() throws(SystemError) {
        while flock(file.number, LOCK_SH) != 0 { if errno != EINTR { throw .last } }
    }

    package func releaseLock() { flock(file.number, LOCK_UN) }
}
