internal import Glibc
package import System

/// A folder with outputs.
package struct OutputFolder: Equatable, Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// The directory that holds `relative`, and the last component's name.
    private func parent(of relative: String) throws(SystemError) -> (directory: Directory, name: String) {
        var names = try Directory.names(in: relative)
        guard let last = names.popLast() else { throw SystemError(EINVAL) }
        var directory = try Directory(path)
        for name in names { directory = try directory.directory(name) }
        return (directory, last)
    }

    /// Opens a file for reading.
    package func open(_ relative: String) throws(SystemError) -> FileDescriptor {
        let (directory, name) = try parent(of: relative)
        return try directory.open(name)
    }

    /// The size of an ordinary file; nil where it is none.
    package func size(of relative: String) -> Int64? {
        guard let (directory, name) = try? parent(of: relative), let status = try? directory.status(name),
            status.isFile
        else { return nil }
        return status.size
    }

    /// Removes a file, and the directories that are empty then. Answers false where it was not there.
    package func remove(_ relative: String) throws(SystemError) -> Bool {
        do throws(SystemError) {
            let (directory, name) = try parent(of: relative)
            if try !directory.remove(name) { return false }
        } catch {
            if error.isMissing { return false }
            throw error
        }
        var folder = relative
        while let slash = folder.lastIndex(of: "/") {
            folder = String(folder[..<slash])
            guard let (above, name) = try? parent(of: folder), above.removeDirectory(name) else { break }
        }
        return true
    }

    /// Gives a file another name beside its old one, so that its own is free. Answers the new name's path.
    package func setAside(_ relative: String) throws(SystemError) -> String {
        let (directory, name) = try parent(of: relative)
        for number in 1...1000 {
            let ending = number == 1 ? ".damaged" : ".damaged-\(number)"
            if try directory.rename(name, to: name + ending, in: directory) { return relative + ending }
        }
        throw SystemError(EEXIST)
    }

    /// Visits everything below that is no directory, by its path from here.
    package func forEachFile(_ visit: (String) throws -> Void) throws {
        let root: Directory
        do throws(SystemError) { root = try Directory(path) } catch {
            if error.isMissing { return }
            throw error
        }
        try Self.walk(root, "", depth: 0, visit)
    }

    private static func walk(
        _ directory: Directory, _ prefix: String, depth: Int, _ visit: (String) throws -> Void
    ) throws {
        for name in try directory.names() {
            var next: Directory?
            do throws(SystemError) { if depth < 64 { next = try directory.directory(name) } } catch {
                if error.code == EACCES { throw error }
            }
            if let next {
                try walk(next, prefix + name + "/", depth: depth + 1, visit)
            } else {
                try visit(prefix + name)
            }
        }
    }
}
