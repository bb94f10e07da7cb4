internal import Glibc
internal import JobModel
package import System

/// A file in a folder of outputs. A place that is not a folder would implement these operations differently.
package struct OutputFile: Sendable {
    package let folder: OutputFolder
    package let path: String
    /// Whether it is outside the present folders, recorded under a former `output_dir`: then it is only read.
    package var isOutside = false

    package init(folder: OutputFolder, path: String, isOutside: Bool = false) {
        (self.folder, self.path, self.isOutside) = (folder, path, isOutside)
    }

    package var absolutePath: String { folder.path + "/" + path }

    package var name: String { PathParts(path).name }

    /// The sidecar of the job, beside its outputs.
    package func sidecar(of job: Int64) -> OutputFile {
        OutputFile(
            folder: folder, path: PathParts(path).sibling(JobFileName.sidecar(of: job)), isOutside: isOutside)
    }

    private static let describing = ".xmp"

    /// What photo software reads about it, beside it.
    package var xmp: OutputFile {
        OutputFile(folder: folder, path: path + Self.describing, isOutside: isOutside)
    }

    /// The file that this one would be about; nil if its name does not say so.
    package var described: OutputFile? {
        guard path.hasSuffix(Self.describing) else { return nil }
        let path = String(path.dropLast(Self.describing.count))
        return OutputFile(folder: folder, path: path, isOutside: isOutside)
    }

    /// The directory that contains `path`, and the name of the last component.
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

    /// The size of an ordinary file; nil for anything else.
    package var size: Int64? {
        guard let (directory, name) = try? parent(of: path), let status = try? directory.status(name),
            status.isFile
        else { return nil }
        return status.size
    }

    /// Removes it, and the directories that become empty. Returns false if it was not there.
    package func remove() throws(SystemError) -> Bool {
        do throws(SystemError) {
            let (directory, name) = try parent(of: path)
            if try !directory.remove(name) { return false }
        } catch {
            if error.isMissing { return false }
            throw error
        }
        var folder = PathParts(path).directory
        while !folder.isEmpty, let (above, name) = try? parent(of: folder), above.removeDirectory(name) {
            folder = PathParts(folder).directory
        }
        return true
    }

    /// Makes sure that its removal outlives a power cut.
    package func syncRemoval() throws(SystemError) {
        var path = path
        while true {
            do throws(SystemError) { return try parent(of: path).directory.syncIfPossible() } catch {
                // The directory may have been removed, too.
                path = PathParts(path).directory
                if !error.isMissing || path.isEmpty { throw error }
            }
        }
    }

    /// Replaces its content, completely or not at all. It must exist, and keeps its mode.
    package func replace(with bytes: [UInt8]) throws(SystemError) {
        let (directory, name) = try parent(of: path)
        let mode = try directory.status(name).mode
        let temporaryName = TemporaryName.of(sidecar: name)
        _ = try directory.remove(temporaryName)
        do throws(SystemError) {
            let file = try directory.create(temporaryName, mode: mode)
            try file.setMode(mode)
            try file.write(bytes)
            try file.sync()
            try directory.replace(name, with: temporaryName)
            try directory.sync()
        } catch {
            _ = try? directory.remove(temporaryName)
            throw error
        }
    }

    /// The file that this one was before it was set aside; nil if its name does not say so.
    package var original: OutputFile? {
        var name = path[...]
        if let dash = name.lastIndex(of: "-"), let number = Int(name[name.index(after: dash)...]), number > 1
        {
            name = name[..<dash]
        }
        guard name.hasSuffix(Self.mark) else { return nil }
        let original = String(name.dropLast(Self.mark.count))
        return OutputFile(folder: folder, path: original, isOutside: isOutside)
    }

    private static let mark = ".damaged"

    /// Renames it within its directory, so that its own name is free. Returns the new path.
    package func setAside() throws(SystemError) -> String {
        let (directory, name) = try parent(of: path)
        for number in 1...1000 {
            let ending = number == 1 ? Self.mark : "\(Self.mark)-\(number)"
            if try directory.rename(name, to: name + ending, in: directory) { return path + ending }
        }
        throw SystemError(EEXIST)
    }
}

/// A folder of outputs.
package struct OutputFolder: Equatable, Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// Visits everything below that is not a directory.
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
