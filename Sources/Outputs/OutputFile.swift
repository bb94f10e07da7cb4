internal import Glibc
internal import JobModel
package import System

/// A file in a folder with outputs. A place that is no folder would give these operations another way.
package struct OutputFile: Sendable {
    package let folder: OutputFolder
    package let path: String
    /// Whether `output_dir` was another one when it was recorded: then it is only looked at.
    package var isForeign = false

    package init(folder: OutputFolder, path: String, isForeign: Bool = false) {
        (self.folder, self.path, self.isForeign) = (folder, path, isForeign)
    }

    package var absolutePath: String { folder.path + "/" + path }

    package var name: String { PathParts(path).name }

    /// The sidecar of the job, which lies beside its outputs.
    package func sidecar(of job: Int64) -> OutputFile {
        OutputFile(
            folder: folder, path: PathParts(path).sibling(JobFileName.sidecar(of: job)), isForeign: isForeign)
    }

    /// The directory that holds `path`, and the last component's name.
    private func parent(of path: String) throws(SystemError) -> (directory: Directory, name: String) {
        var names = try Directory.components(of: path)
        guard let last = names.popLast() else { throw SystemError(EINVAL) }
        var directory = try Directory(folder.path)
        for name in names { directory = try directory.directory(name) }
        return (directory, last)
    }

    /// Opens it for reading.
    package func open() throws(SystemError) -> FileDescriptor {
        let (directory, name) = try parent(of: path)
        return try directory.open(name)
    }

    /// The size of an ordinary file; nil where it is none.
    package var size: Int64? {
        guard let (directory, name) = try? parent(of: path), let status = try? directory.status(name),
            status.isFile
        else { return nil }
        return status.size
    }

    /// Removes it, and the directories that are empty then. Answers false where it was not there.
    package func remove() throws(SystemError) -> Bool {
        do throws(SystemError) {
            let (directory, name) = try parent(of: path)
            if try !directory.remove(name) { return false }
        } catch {
            if error.isMissing { return false }
            throw error
        }
        var way = path
        while let slash = way.lastIndex(of: "/") {
            way = String(way[..<slash])
            guard let (above, name) = try? parent(of: way), above.removeDirectory(name) else { break }
        }
        return true
    }

    /// Gives it another name beside its old one, so that its own is free. Answers the new name's path.
    package func setAside() throws(SystemError) -> String {
        let (directory, name) = try parent(of: path)
        for number in 1...1000 {
            let ending = number == 1 ? ".damaged" : ".damaged-\(number)"
            if try directory.rename(name, to: name + ending, in: directory) { return path + ending }
        }
        throw SystemError(EEXIST)
    }
}

/// A folder with outputs.
package struct OutputFolder: Equatable, Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// Visits everything below that is no directory.
    package func forEachFile(_ visit: (OutputFile) throws -> Void) throws {
        let root: Directory
        do throws(SystemError) { root = try Directory(path) } catch {
            if error.isMissing { return }
            throw error
        }
        try Self.walk(root, "", depth: 0) { try visit(OutputFile(folder: self, path: $0)) }
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
