internal import CLinux
internal import Glibc

/// A folder with outputs. Files in it are reached one component at a time and never through a symbolic link,
/// so that nobody who may write there can lead a removal out of it.
package struct OutputFolder: Equatable, Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// The folder itself may be reached through links: it is where its owner says it is.
    private func openRoot() throws(FileFault) -> Int32 {
        let root = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if root < 0 { throw .last }
        return root
    }

    /// Runs `body` with the directory that holds `relative`, open, and with the last component's name.
    private func within<Value>(
        _ relative: String, _ body: (Int32, String) throws(FileFault) -> Value
    ) throws(FileFault) -> Value {
        var directory = try openRoot()
        defer { close(directory) }
        var names = relative.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard let last = names.popLast(), !(names + [last]).contains("..") else {
            throw FileFault(code: EINVAL)
        }
        for name in names {
            let next = unsafe openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if next < 0 { throw .last }
            close(directory)
            directory = next
        }
        return try body(directory, last)
    }

    /// Opens a file for reading. A pipe or a device does not make it wait.
    package func openFile(_ relative: String) throws(FileFault) -> Int32 {
        try within(relative) { (directory, name) throws(FileFault) in
            let file = unsafe openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            if file < 0 { throw .last }
            return file
        }
    }

    /// The file's size, and that it is an ordinary file; nil where it is not there.
    package func size(of relative: String) throws(FileFault) -> Int64? {
        do throws(FileFault) {
            return try within(relative) { (directory, name) throws(FileFault) in
                var status = stat()
                if unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0 { throw .last }
                guard status.st_mode & S_IFMT == S_IFREG else { throw FileFault(code: ELOOP) }
                return Int64(status.st_size)
            }
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    /// Removes a file, and the directories that are empty then. Answers false where it was not there.
    package func remove(_ relative: String) throws(FileFault) -> Bool {
        do throws(FileFault) {
            try within(relative) { (directory, name) throws(FileFault) in
                if unsafe unlinkat(directory, name, 0) != 0 { throw .last }
            }
        } catch {
            if error.isMissing { return false }
            throw error
        }
        var folder = relative
        while let slash = folder.lastIndex(of: "/") {
            folder = String(folder[..<slash])
            let isGone = try? within(folder) { (directory, name) throws(FileFault) in
                unsafe unlinkat(directory, name, AT_REMOVEDIR) == 0
            }
            if isGone != true { break }
        }
        return true
    }

    /// Gives a file another name beside its old one, so that its own is free. Answers the new name's path.
    package func setAside(_ relative: String) throws(FileFault) -> String {
        for number in 1...1000 {
            let ending = number == 1 ? ".damaged" : ".damaged-\(number)"
            do throws(FileFault) {
                try within(relative) { (directory, name) throws(FileFault) in
                    let result = unsafe linux_rename_to_free_name(directory, name, directory, name + ending)
                    if result != 0 { throw .last }
                }
                return relative + ending
            } catch {
                if error.code != EEXIST { throw error }
            }
        }
        throw FileFault(code: EEXIST)
    }

    /// Visits everything below that is no directory, by its path from here, with the memory of one
    /// directory's way.
    package func forEachFile(_ visit: (String) throws -> Void) throws {
        let root: Int32
        do throws(FileFault) { root = try openRoot() } catch {
            if error.isMissing { return }
            throw error
        }
        try Self.walk(root, "", depth: 0, visit)
    }

    /// Takes over the open directory.
    private static func walk(
        _ directory: Int32, _ prefix: String, depth: Int, _ visit: (String) throws -> Void
    ) throws {
        guard let stream = unsafe fdopendir(directory) else {
            close(directory)
            throw FileFault.last
        }
        defer { unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let isFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            let next = depth < 64 ? unsafe openat(directory, name, isFolder) : -1
            if next >= 0 {
                try walk(next, prefix + name + "/", depth: depth + 1, visit)
            } else if errno == EACCES {
                throw FileFault.last
            } else {
                try visit(prefix + name)
            }
        }
    }
}
