internal import HTTP
package import JobModel
internal import Media
package import Outputs
internal import System

/// What a restart and the end of a job need.
extension Downloader {
    /// Accepts the file whose path was recorded before its rename as that output. Nil if it is not there, or
    /// is not the recorded file: then the output is fetched again.
    ///
    /// `sha256` is the one that `willRename` was given. Without it, another job's file under that name cannot
    /// be told from the output. With it, the format's own end is not checked, just as when a server gives a
    /// length.
    package func adopt(
        _ recorded: OutputFile, kind: Output.Kind, expectedBytes: Int64?, sha256: String?
    ) async throws(DownloadFailure) -> DownloadedFile? {
        try await pool.run { () throws(DownloadFailure) -> DownloadedFile? in
            let (path, parts) = (recorded.path, PathParts(recorded.path))
            guard let directory = try Self.existing(recorded.folder.path, parts.directory) else { return nil }
            let file: FileDescriptor
            do throws(SystemError) { file = try directory.folder.open(parts.name) } catch {
                if error.isMissing || error.isLink { return nil }
                throw .system(error, "open \(path)")
            }
            guard let bytes = FileBytes(file), bytes.size == expectedBytes ?? bytes.size,
                sha256 != nil || MediaProbe.wholeness(of: bytes) != .cut
            else { return nil }
            let hint = ContentHint(kind: kind, declaredType: nil, url: "https://local/x/" + parts.name)
            guard case .accepted(let facts) = MediaProbe.verdict(on: bytes, hint) else { return nil }
            let sink = FileSink(file, limit: .max) { _ in .decline }
            guard sink.resume(), bytes.fault == nil else { throw .disk("cannot read \(path)") }
            let hash = try DownloadFailure.doing("read \(path)", try sink.sha256)
            guard sha256 ?? hash == hash else { return nil }
            // The crash may have happened between the rename and its sync.
            try DownloadFailure.doing("sync \(path)", try file.sync())
            try directory.sync()
            return DownloadedFile(path: path, bytes: sink.size, sha256: hash, facts: facts)
        }
    }

    /// Removes what is left of a download that will not be continued.
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

    /// Writes or replaces a sidecar, the file beside a job's outputs that says how they were made: completely
    /// or not at all.
    ///
    /// - Parameter isOurs: whether a file with these bytes, which has the name, may be replaced.
    package func writeSidecar(
        _ bytes: [UInt8], to sidecar: OutputFile,
        replacing isOurs: @escaping @Sendable ([UInt8]) -> Bool = { _ in true }
    ) async throws(DownloadFailure) {
        let (access, directories) = (settings.access, directories)
        _ = try await syncs.sync { () throws(DownloadFailure) in
            let parts = PathParts(sidecar.path)
            let directory = try directories.open(parts.directory, below: sidecar.folder.path, making: access)
            let present = try? directory.folder.open(parts.name).readToEnd(limit: 1 << 20)
            if directory.folder.holds(parts.name), !isOurs(present ?? []) { return directory }
            let temporaryName = TemporaryName.of(sidecar: parts.name)
            try directory.remove(temporaryName)
            let file = try directory.create(temporaryName, access)
            do throws(DownloadFailure) {
                try DownloadFailure.doing("write \(temporaryName)", try file.write(bytes))
                try DownloadFailure.doing("sync \(temporaryName)", try file.sync())
                try directory.replace(parts.name, with: temporaryName)
            } catch {
                try? directory.remove(temporaryName)
                throw error
            }
            return directory
        }
    }

    /// The directory, or nil if it is missing.
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
