internal import CFile
internal import Glibc
internal import HTTP
package import JobModel

/// What a restart and the end of a job need.
extension Downloader {
    /// Takes the file at a path that was recorded before its rename as that output. Nil where it is not
    /// there, or is not the recorded file: then the output is fetched again.
    ///
    /// `sha256` is the one that `willRename` was given; without it, another job's file under that name cannot
    /// be told from the output. With it, the format's own end says nothing more: a server that names a length
    /// may send any.
    package func adopt(
        _ path: String, root: String, kind: Output.Kind, expectedBytes: Int64?, sha256: String?
    ) async throws(DownloadFailure) -> DownloadedFile? {
        try await pool.run { () throws(DownloadFailure) in
            let place = PathParts(path)
            guard let directory = try Self.existing(root, place.directory) else { return nil }
            let descriptor = unsafe openat(
                directory.descriptor, place.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            if descriptor < 0 {
                if errno == ENOENT || errno == ELOOP { return nil }
                throw .system(errno, "open \(path)")
            }
            defer { close(descriptor) }
            guard let bytes = FileBytes(descriptor: descriptor), bytes.size == expectedBytes ?? bytes.size,
                sha256 != nil || MediaProbe.wholeness(of: bytes) != .cut
            else { return nil }
            let hint = ContentHint(kind: kind, declaredType: nil, url: "https://local/x/" + place.name)
            guard case .accepted(let facts) = MediaProbe.verdict(on: bytes, hint) else { return nil }
            let sink = FileSink(descriptor: descriptor, limit: .max) { _ in .decline }
            guard sink.resume(), bytes.fault == nil else { throw .disk("cannot read \(path)") }
            guard sha256 ?? sink.sha256 == sink.sha256 else { return nil }
            // The crash may have come between the rename and its sync.
            if fsync(descriptor) != 0 { throw .system(errno, "sync \(path)") }
            try directory.sync()
            return DownloadedFile(path: path, bytes: sink.size, sha256: sink.sha256, facts: facts)
        }
    }

    /// Removes what a download left that is not going on, for good.
    package func removeTemporary(root: String, name: OutputName, fields: OutputNameFields)
        async throws(DownloadFailure)
    {
        try await pool.run { () throws(DownloadFailure) in
            guard let directory = try Self.existing(root, name.directory(fields)) else { return }
            let temporary = TemporaryName(id: fields.id, position: fields.index)
            let names = [temporary.part, temporary.note].filter(directory.holds)
            if names.isEmpty { return }
            for name in names { try directory.remove(name) }
            try directory.sync()
        }
    }

    /// How many bytes of an unfinished download are on disk.
    package static func bytesSoFar(root: String, name: OutputName, fields: OutputNameFields) -> Int64? {
        let directory = name.directory(fields)
        let file = TemporaryName(id: fields.id, position: fields.index).part
        var status = stat()
        guard unsafe lstat("\(root)/\(directory)/\(file)", &status) == 0 else { return nil }
        return Int64(status.st_size)
    }

    /// Writes or replaces a sidecar at `path` below `root`.
    package func writeSidecar(_ bytes: [UInt8], root: String, path: String) async throws(DownloadFailure) {
        let (access, directories) = (settings.access, directories)
        _ = try await syncs.sync { () throws(DownloadFailure) in
            try Sidecar.write(bytes, root: root, path: path, access, directories)
        }
    }

    /// The directory, or nil where it is missing.
    private static func existing(_ root: String, _ relative: String) throws(DownloadFailure)
        -> OutputDirectory?
    {
        var status = stat()
        let path = relative.isEmpty ? root : "\(root)/\(relative)"
        if unsafe lstat(path, &status) != 0, errno == ENOENT { return nil }
        return try OutputDirectory(root: root, relative: relative, making: nil)
    }
}
