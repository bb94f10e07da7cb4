internal import HTTP
internal import JobModel
internal import Media
internal import Outputs
internal import System

extension Downloader {
    /// Gives a complete file its final name: it is checked, synced, recorded by the caller, and renamed; then
    /// the directory is synced.
    func giveFinalName(_ order: DownloadOrder, _ sink: DownloadSink) async throws(DownloadFailure)
        -> DownloadedFile
    {
        let (access, directories) = (settings.access, directories)
        var (file, free) = try await pool.run { () throws(DownloadFailure) in
            let file = try Self.examine(order, sink)
            return (file, try Self.freeName(file, from: 1, order.root, access, directories))
        }
        let wanted = file
        while true {
            let directory = free.directory
            file.path = free.path
            if Task.isCancelled { throw .cancelled }
            do {
                try await order.willRename(file)
            } catch {
                throw .notRecorded(error)
            }
            let isDone = try await syncs.sync { [file] () throws(DownloadFailure) in
                try Self.rename(sink.part, to: file.path, in: directory) ? directory : nil
            }
            if isDone { return file }
            free = try await pool.run { [number = free.number + 1] () throws(DownloadFailure) in
                try Self.freeName(wanted, from: number, order.root, access, directories)
            }
        }
    }

    /// Finds out what the file is, and throws if it is no output. Syncs it before anything depends on it.
    private static func examine(_ order: DownloadOrder, _ sink: DownloadSink) throws(DownloadFailure)
        -> DownloadedFile
    {
        let part = sink.part
        guard let bytes = FileBytes(part.file) else {
            throw .system(.last, "read \(part.name.part)")
        }
        let verdict = MediaProbe.verdict(on: bytes, part.hint(order))
        if let fault = bytes.fault { throw .system(fault, "read \(part.name.part)") }
        switch verdict {
        case .refused(let reason): throw .badContent(reason)
        case .accepted(let facts):
            do throws(SystemError) { try part.file.sync() } catch {
                // The kernel may have dropped what it could not write, so no part of this file is reliable.
                try? part.startOver()
                throw .system(error, "sync \(part.name.part)")
            }
            let path = order.name.path(order.fields, fileExtension: facts.fileExtension)
            return DownloadedFile(path: path, bytes: sink.file.size, sha256: try sink.sha256, facts: facts)
        }
    }

    private struct FreeName: Sendable {
        let directory: OutputDirectory
        let path: String
        let number: Int
    }

    /// The first free name for the file, from alternative number `first` on.
    private static func freeName(
        _ file: DownloadedFile, from first: Int, _ root: String, _ access: FileAccess, _ open: OpenDirectories
    ) throws(DownloadFailure) -> FreeName {
        let parts = PathParts(file.path)
        let directory = try open.open(parts.directory, below: root, making: access)
        var number = first
        while true {
            let name =
                number == 1
                ? parts.name
                : OutputName.alternative(
                    to: parts.name, number: number, fileExtension: file.facts.fileExtension)
            if JobFileName.job(ofSidecar: name) == nil, !directory.folder.holds(name) {
                return FreeName(directory: directory, path: parts.sibling(name), number: number)
            }
            number += 1
        }
    }

    private static func rename(_ part: PartialFile, to path: String, in directory: OutputDirectory)
        throws(DownloadFailure) -> Bool
    {
        guard try part.directory.rename(part.name.part, to: PathParts(path).name, in: directory) else {
            return false
        }
        // A note without its file is useless. It is removed before the sync, because after a power cut nobody
        // would look for it. If that fails, the next try takes the file as it is.
        try part.removeNote()
        return true
    }
}
