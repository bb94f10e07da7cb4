internal import Glibc

/// A directory for one test. It goes with all that is in it when the test lets go of it.
package final class ScratchDirectory: Sendable {
    package let path: String

    package init() {
        let root = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array((root + "/jobd-test-XXXXXX").utf8CString)
        let made = unsafe mkdtemp(&template) != nil
        precondition(made, "no directory for tests under \(root)")
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit { _ = Command.run(["/bin/rm", "-rf", path]) }

    package subscript(name: String) -> String { path + "/" + name }
}

/// A file as the system sees it.
package struct FileOnDisk {
    package let mode: UInt32
    package let owner: UInt32
    package let group: UInt32
    package let size: Int

    /// Nil where there is no such file.
    package init?(_ path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        mode = status.st_mode & 0o7777
        owner = status.st_uid
        group = status.st_gid
        size = Int(status.st_size)
    }

    package static func bytes(_ path: String) -> [UInt8]? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = unsafe fread(&chunk, 1, chunk.count, file), count > 0 {
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    package static func text(_ path: String) -> String? {
        bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    package static func write(_ bytes: [UInt8], to path: String) {
        guard let file = unsafe fopen(path, "w") else { preconditionFailure("cannot write \(path)") }
        defer { unsafe fclose(file) }
        precondition(unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }

    package static func write(_ text: String, to path: String) { write(Array(text.utf8), to: path) }
}
