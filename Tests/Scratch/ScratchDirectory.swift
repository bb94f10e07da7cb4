internal import Glibc
package import System

/// A directory for one test. It is removed with its contents when the test releases it.
package final class ScratchDirectory: Sendable {
    package let path: String

    package init() {
        let root = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        guard let made = try? TemporaryFile.newDirectory(prefix: root + "/jobd-test") else {
            preconditionFailure("no directory for tests")
        }
        path = made
    }

    deinit { Program.run("rm", "-rf", path) }

    package subscript(name: String) -> String { path + "/" + name }
}

/// An open file without a name.
package final class NamelessFile: Sendable {
    package let descriptor: FileDescriptor

    package init(_ bytes: some Sequence<UInt8> = []) {
        guard let file = try? FileDescriptor.inMemory(Array(bytes)) else {
            preconditionFailure("no file for tests")
        }
        descriptor = file
    }

    package func change(to bytes: [UInt8]) {
        do {
            try descriptor.truncate()
            try descriptor.write(bytes, at: 0)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    package var bytes: [UInt8] {
        (try? descriptor.read(Int(descriptor.status().size), at: 0)) ?? []
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// A file as the system sees it.
package struct FileOnDisk {
    package let mode: UInt32
    package let owner: UInt32
    package let group: UInt32
    package let size: Int
    package let inode: UInt64

    /// The folder of this repository.
    package static let repository = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

    /// Nil if there is no such file.
    package init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        mode = status.st_mode & 0o7777
        owner = status.st_uid
        group = status.st_gid
        size = Int(status.st_size)
        inode = UInt64(status.st_ino)
    }

    package static func bytes(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    package static func text(_ path: String) -> String? {
        bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The text of a file; empty if there is no such file.
    package static func content(_ path: String) -> String { text(path) ?? "" }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names in a directory, hidden ones included; none if there is no such directory.
    package static func names(_ directory: String) -> [String] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package static func write(_ bytes: [UInt8], to path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        precondition(file >= 0, "cannot write \(path)")
        defer { close(file) }
        precondition(bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) } == bytes.count)
    }

    package static func write(_ text: String, to path: String) { write(Array(text.utf8), to: path) }
}
