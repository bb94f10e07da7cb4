internal import Glibc

/// The file beside a job's outputs that says how they were made.
package enum Sidecar {
    /// Writes or replaces the file at `path` below `root`: whole or not at all. The directory that it answers
    /// has the new name, and is yet to be synced.
    static func write(
        _ bytes: [UInt8], root: String, path: String, _ access: FileAccess, _ open: OpenDirectories
    )
        throws(DownloadFailure) -> OutputDirectory
    {
        let place = PathParts(path)
        let directory = try open.open(place.directory, below: root, making: access)
        let temporaryName = ".\(place.name).part"
        try directory.remove(temporaryName)
        let file = try directory.create(temporaryName, access)
        defer { close(file) }
        do throws(DownloadFailure) {
            try fill(file, bytes, temporaryName)
            try directory.replace(place.name, with: temporaryName)
        } catch {
            try? directory.remove(temporaryName)
            throw error
        }
        return directory
    }

    private static func fill(_ file: Int32, _ bytes: [UInt8], _ name: String) throws(DownloadFailure) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe pwrite(
                    file, bytes.baseAddress?.advanced(by: written), bytes.count - written, off_t(written))
            }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { throw .system(errno, "write \(name)") }
            written += count
        }
        if fsync(file) != 0 { throw .system(errno, "sync \(name)") }
    }
}
