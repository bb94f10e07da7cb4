internal import CLinux
internal import Glibc

/// An open directory. What is in it is reached by its name there, and never through a symbolic link, so that
/// nobody who may write in it can lead a reader, a writer or a removal out of it.
package final class Directory: Sendable {
    package let file: FileDescriptor

    /// The directory itself may be reached through links: it is where its owner says it is.
    package init(_ path: String) throws(SystemError) {
        file = try FileDescriptor(opening: path, flags: O_DIRECTORY)
    }

    private init(_ file: FileDescriptor) { self.file = file }

    /// The names in a path from one directory to another below it: none leads up.
    package static func names(in path: String) throws(SystemError) -> [String] {
        // Byte by byte, as the kernel reads it.
        let names = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        if names.contains("..") { throw SystemError(EINVAL) }
        return names
    }

    package func directory(_ name: String) throws(SystemError) -> Directory {
        Directory(try open(name, flags: O_DIRECTORY))
    }

    /// Opens a file, for reading where the flags say nothing else. A pipe or a device does not make it wait.
    package func open(_ name: String, flags: Int32 = 0, mode: UInt32 = 0) throws(SystemError)
        -> FileDescriptor
    {
        let all = flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let number = unsafe openat(file.number, name, all, mode)
        if number < 0, errno == ELOOP || errno == ENOTDIR { throw SystemError(errno, isLink: true) }
        return try FileDescriptor(number)
    }

    /// Makes a file that was not there before.
    package func create(_ name: String, mode: UInt32) throws(SystemError) -> FileDescriptor {
        try open(name, flags: O_RDWR | O_CREAT | O_EXCL, mode: mode)
    }

    /// Makes a directory; false where the name is taken.
    package func makeDirectory(_ name: String, mode: UInt32) throws(SystemError) -> Bool {
        if unsafe mkdirat(file.number, name, mode) == 0 { return true }
        if errno != EEXIST { throw .last }
        return false
    }

    package func status(_ name: String) throws(SystemError) -> FileStatus {
        try FileStatus(name, in: file.number, AT_SYMLINK_NOFOLLOW)
    }

    package func holds(_ name: String) -> Bool { (try? status(name)) != nil }

    /// Removes a file; false where there is none.
    @discardableResult
    package func remove(_ name: String) throws(SystemError) -> Bool {
        if unsafe unlinkat(file.number, name, 0) == 0 { return true }
        if errno != ENOENT { throw .last }
        return false
    }

    /// Removes a directory that is empty; false where that cannot be.
    package func removeDirectory(_ name: String) -> Bool {
        unsafe unlinkat(file.number, name, AT_REMOVEDIR) == 0
    }

    /// Renames without overwriting; false where the new name is taken.
    package func rename(_ name: String, to newName: String, in other: Directory) throws(SystemError) -> Bool {
        if unsafe linux_rename_to_free_name(file.number, name, other.file.number, newName) == 0 {
            return true
        }
        if errno == EEXIST { return false }
        // Some file systems cannot rename in that way; a second name and the end of the first do the same.
        guard errno == EINVAL || errno == ENOSYS else { throw .last }
        if unsafe linkat(file.number, name, other.file.number, newName, 0) != 0 {
            if errno == EEXIST { return false }
            throw .last
        }
        try remove(name)
        return true
    }

    /// Renames over whatever has the new name.
    package func replace(_ name: String, with temporaryName: String) throws(SystemError) {
        if unsafe renameat(file.number, temporaryName, file.number, name) != 0 { throw .last }
    }

    package func makeLink(_ name: String, to target: String) throws(SystemError) {
        if unsafe symlinkat(target, file.number, name) != 0 { throw .last }
    }

    /// Where a symbolic link leads; nil where there is none.
    package func target(of name: String) -> String? { Self.target(of: name, in: file.number) }

    package static func target(ofLink path: String) -> String? { target(of: path, in: AT_FDCWD) }

    private static func target(of name: String, in directory: Int32) -> String? {
        var path = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlinkat(directory, name, &path, path.count)
        return count < 0
            ? nil : String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// All names, in no order.
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

    /// Returns when new and changed names are on the disk.
    package func sync() throws(SystemError) { try file.sync() }

    /// The same for a directory that may be another's, or on a file system that knows no such sync.
    package func syncIfPossible() throws(SystemError) {
        do { try sync() } catch { if error.isDiskFull || error.code == EIO { throw error } }
    }

    /// Takes the lock on the directory. False: somebody else has it.
    package func takeLock() -> Bool { flock(file.number, LOCK_EX | LOCK_NB) == 0 }
}
