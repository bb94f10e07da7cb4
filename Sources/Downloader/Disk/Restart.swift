internal import HTTP
package import JobModel
package import Outputs
internal import System

/// What a restart and the end of a job need.
extension Downloader {
    /// Takes the file whose path was recorded before its rename as that output. Nil where it is not
    /// there, or is not the recorded file: then the output is fetched again.
    ///
    /// `sha256` is the one that `willRename` was given; without it, another job's file under that name cannot
    /// be told from the output. With it, the format's own end says nothing more: a server that names a length
    /// may send any.
    package func adopt(
        _ recorded: OutputFile, kind: Output.Kind, expectedBytes: Int64?, sha256: String?
    ) async throws(DownloadFailure) -> DownloadedFile? {
        try await pool.run { () throws(DownloadFailure) in
            let (path, place) = (recorded.path, PathParts(recorded.path))
            guard let directory = try Self.existing(recorded.folder.path, place.directory) else { return nil }
            let file: FileDescriptor
            do throws(SystemError) { file = try directory.folder.open(place.name) } catch {
                if error.isMissing || error.isLink { return nil }
                throw .system(error, "open \(path)")
            }
            guard let bytes = FileBytes(file), bytes.size == expectedBytes ?? bytes.size,
                sha256 != nil || MediaProbe.wholeness(of: bytes) != .cut
            else { return nil }
            let hint = ContentHint(kind: kind, declaredType: nil, url: "https://local/x/" + place.name)
            guard case .accepted(let facts) = MediaProbe.verdict(on: bytes, hint) else { return nil }
            let sink = FileSink(file, limit: .max) { _ in .decline }
            guard sink.resume(), bytes.fault == nil else { throw .disk("cannot read \(path)") }
            guard sha256 ?? sink.sha256 == sink.sha256 else { return nil }
            // The crash may have come between the rename and its sync.
            try DownloadFailure.doing("sync \(path)", try file.sync())
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
            let names = [temporary.part, temporary.note].filter(directory.folder.holds)
            if names.isEmpty { return }
            for name in names { try directory.remove(name) }
            try directory.sync()
        }
    }

    /// Writes or replaces a sidecar.
    package func writeSidecar(_ bytes: [UInt8], to file: OutputFile) async throws(DownloadFailure) {
        let (access, directories) = (settings.access, directories)
        _ = try await syncs.sync { () throws(DownloadFailure) in
            try Sidecar.write(bytes, to: file, access, directories)
        }
    }

    /// The directory, or nil where it is missing.
    private static func existing(_ root: String, _ relative: String) throws(DownloadFailure)
        -> OutputDirectory?
    {
        let path = relative.isEmpty ? root : "\(root)/\(relative)"
        do throws(SystemError) { _ = try FileStatus(path, isLinkItself: true) } catch {
            if error.isMissing { return nil }
        }
        return try OutputDirectory(root: root, relative: relative, making: nil)
    }
}
